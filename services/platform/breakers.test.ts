import { expect, test } from 'vitest';
import { breakerReadings, guarded } from './breakers.ts';

const state = (name: string) => breakerReadings().find((each) => each.name === name)?.state;
const codes = async (calls: (() => Promise<unknown>)[]) =>
  Promise.all(
    calls.map((call) =>
      call().then(
        () => 'ok',
        (error: { type?: string; message: string }) => error.type ?? error.message,
      ),
    ),
  );
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

test('the full cycle: closed, open, half open, closed', async () => {
  let healthy = false;
  const call = guarded(
    'cycle',
    async () => {
      if (!healthy) throw new Error('down');
    },
    { timeoutMs: 100, capacity: 10, resetTimeoutMs: 40 },
  );
  for (let i = 0; i < 9; i++) expect(await codes([call])).toEqual(['down']);
  expect(state('cycle')).toBe('closed');
  expect(await codes([call])).toEqual(['down']);
  expect(state('cycle')).toBe('open');
  expect(await codes([call])).toEqual(['unavailable']);
  healthy = true;
  await expect.poll(() => state('cycle')).toBe('halfOpen');
  expect(await codes([call])).toEqual(['ok']);
  expect(state('cycle')).toBe('closed');
});

test('half open goes back to open when the trial fails', async () => {
  const call = guarded('relapse', () => Promise.reject(new Error('down')), {
    timeoutMs: 100,
    capacity: 10,
    resetTimeoutMs: 30,
  });
  for (let i = 0; i < 10; i++) await codes([call]);
  await expect.poll(() => state('relapse')).toBe('halfOpen');
  expect(await codes([call])).toEqual(['down']);
  expect(state('relapse')).toBe('open');
});

test('errors that are answers do not open it', async () => {
  const call = guarded('answers', () => Promise.reject(new Error('conflict')), {
    timeoutMs: 100,
    capacity: 100,
    isFailure: (error) => (error as Error).message !== 'conflict',
  });
  for (let i = 0; i < 30; i++) expect(await codes([call])).toEqual(['conflict']);
  expect(state('answers')).toBe('closed');
});

test('more calls at once than its capacity are refused', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const call = guarded('capacity', () => gate, { timeoutMs: false, capacity: 2 });
  const pending = codes(times(3, call));
  release();
  expect((await pending).sort()).toEqual(['ok', 'ok', 'unavailable']);
});

test('a slow call is given up, and calls beside it are not', async () => {
  const call = guarded(
    'slow',
    (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    { timeoutMs: 30, capacity: 10 },
  );
  expect(await codes([() => call(200), () => call(1)])).toEqual(['unavailable', 'ok']);
});
