import { expect, test } from 'vitest';
import { Poll } from './poll.ts';
import { FakeClock } from './testing.ts';

function polled(answer: () => Promise<number | null>) {
  const clock = new FakeClock();
  const asked: number[] = [];
  const page = { isVisible: true };
  const poll = new Poll({
    clock,
    ask: () => {
      asked.push(clock.nowMs());
      return answer();
    },
    failedMs: 5_000,
    isVisible: () => page.isVisible,
  });
  return { clock, asked, page, poll };
}

test('asks when it was told to, and never two at once', async () => {
  let finish = (_: number) => {};
  const { clock, asked, poll } = polled(() => new Promise((resolve) => (finish = resolve)));
  poll.start(1_000);
  await clock.advance(9_000);
  poll.now();
  poll.now();
  await clock.advance(1_000);
  expect(asked).toEqual([1_000]);
  finish(4_000);
  await clock.advance(4_000);
  expect(asked).toEqual([1_000, 14_000]);
});

test('a hidden page asks nothing, and at once when it is looked at', async () => {
  const { clock, asked, page, poll } = polled(async () => 4_000);
  poll.start();
  await clock.advance(5_000);
  page.isVisible = false;
  await clock.advance(60_000);
  const { length } = asked;
  page.isVisible = true;
  poll.now();
  await clock.advance(0);
  expect(asked).toHaveLength(length + 1);
  expect(length).toBeLessThanOrEqual(2);
});

test('failures are followed up to once a minute, and forgotten with the first answer', async () => {
  let fails = true;
  const { clock, asked, poll } = polled(async () => {
    if (fails) throw new Error('no');
    return 4_000;
  });
  poll.start();
  await clock.advance(600_000);
  const gaps = asked.slice(1).map((atMs, i) => atMs - asked[i]!);
  expect(gaps.slice(0, 5)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000]);
  expect(Math.max(...gaps)).toBe(60_000);
  fails = false;
  await clock.advance(68_000);
  expect(asked.at(-1)! - asked.at(-2)!).toBe(4_000);
});

test('it ends when it is told so, and with its page', async () => {
  const { clock, asked, poll } = polled(async () => null);
  poll.start();
  await clock.advance(60_000);
  expect(asked).toEqual([0]);
  poll.stop();
  poll.now();
  await clock.advance(60_000);
  expect(asked).toEqual([0]);
});
