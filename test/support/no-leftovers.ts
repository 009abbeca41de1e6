/**
 * For files that share a process: what one leaves behind would be another one's chance failure, so it
 * fails where it was left.
 */
import { afterAll, expect, vi } from 'vitest';

const folder = process.cwd();
const environment = { ...process.env };

afterAll(() => {
  const hasFakeTimers = vi.isFakeTimers();
  vi.useRealTimers();
  expect(hasFakeTimers, 'fake timers are left: vi.useRealTimers()').toBe(false);
  expect(process.cwd(), 'the working folder was changed').toBe(folder);
  expect({ ...process.env }, 'the environment was changed').toEqual(environment);
});
