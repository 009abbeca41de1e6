import { expect, test } from 'vitest';
import { Admission, AT_WORK_MAX, type Lane } from './admission.ts';

const enter = (admission: Admission, lane: Lane, times: number, atMs = 0, account = 'ada') =>
  Array.from({ length: times }, () => admission.enter(account, lane, atMs));
const count = (entered: { verdict: string }[], verdict: string) =>
  entered.filter((each) => each.verdict === verdict).length;

test('so many at once, cancels besides, and each account by itself', () => {
  const admission = new Admission(100);
  const orders = enter(admission, 'other', AT_WORK_MAX + 5);
  expect(count(orders, 'admitted')).toBe(AT_WORK_MAX);
  expect(count(orders, 'tooMany')).toBe(5);
  expect(count(enter(admission, 'cancel', AT_WORK_MAX), 'admitted')).toBe(AT_WORK_MAX);
  expect(count(enter(admission, 'other', 1, 0, 'bob'), 'admitted')).toBe(1);
  expect(admission.size).toBe(2 * AT_WORK_MAX + 1);
  orders[0]?.leave();
  expect(count(enter(admission, 'other', 2), 'admitted')).toBe(1);
});

test('so many in ten seconds; a flood of orders leaves cancels their own', () => {
  const admission = new Admission(1);
  const ask = (lane: Lane, times: number, atMs: number) =>
    Array.from({ length: times }, () => {
      const { verdict, leave } = admission.enter('ada', lane, atMs);
      leave();
      return { verdict };
    });
  expect(count(ask('other', 210, 0), 'admitted')).toBe(210);
  expect(count(ask('other', 1, 0), 'tooFast')).toBe(1);
  expect(count(ask('cancel', 10, 0), 'admitted')).toBe(10);
  expect(count(ask('cancel', 1, 0), 'tooFast')).toBe(1);
  expect(count(ask('cancel', 1, 1_000), 'admitted')).toBe(1);
});

test('whoever floods is told so a few times a second, and then nothing', () => {
  const admission = new Admission(1);
  const flood = enter(admission, 'cancel', 1_000);
  expect(count(flood, 'admitted')).toBe(10);
  expect(count(flood, 'tooFast')).toBe(20);
  expect(count(flood, 'flooded')).toBe(970);
  expect(count(enter(admission, 'cancel', 1, 0, 'bob'), 'admitted')).toBe(1);
});

test('all accounts together are bounded, in each lane', () => {
  const admission = new Admission(100);
  const entered = Array.from({ length: 40 }, (_, i) =>
    enter(admission, 'other', AT_WORK_MAX, 0, `acc-${i}`),
  ).flat();
  expect(count(entered, 'admitted')).toBe(2_000);
  expect(count(enter(admission, 'cancel', 1, 0, 'ada'), 'admitted')).toBe(1);
});

test('is idle when the last one has left', async () => {
  const admission = new Admission(100);
  await admission.idle();
  const [first, second] = enter(admission, 'other', 2);
  let isIdle = false;
  const idle = admission.idle().then(() => {
    isIdle = true;
  });
  first?.leave();
  await Promise.resolve();
  expect(isIdle).toBe(false);
  second?.leave();
  await idle;
});
