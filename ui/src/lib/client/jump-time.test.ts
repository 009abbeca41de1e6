import { expect, test } from 'vitest';
import { jumpTime } from './jump-time.ts';

const NOW = Date.parse('2026-01-05T14:30:00.250Z');

test.each([
  ['15:00', 0, '2026-01-05T15:00:00.000Z'],
  ['14:30:01', 0, '2026-01-05T14:30:01.000Z'],
  [' 9:05 ', 0, '2026-01-06T09:05:00.000Z'],
  ['14:30', 0, '2026-01-06T14:30:00.000Z'],
  ['16:00', 3_600_000, '2026-01-05T15:00:00.000Z'],
  ['00:10', 36_000_000, '2026-01-06T14:10:00.000Z'],
])('%s on a clock %i ms from UTC', (text, offsetMs, iso) => {
  expect(jumpTime(text, NOW, offsetMs)).toBe(iso);
});

test.each(['', 'noon', '24:00', '12:60', '12:00:60', '1200', '12:5'])('"%s" is none', (text) => {
  expect(jumpTime(text, NOW)).toBeNull();
});
