import { describe, expect, test } from 'vitest';
import { type FollowerDraft, judgeFollowers, PLAIN_FOLLOWER } from './followers.ts';
import { ACME } from './testing.ts';

const entry = {
  side: 'sell',
  entryTicks: 18_000,
  lots: 10,
  instrument: ACME,
  quantity: '10',
} as const;
const follower = (change: Partial<FollowerDraft> = {}): FollowerDraft => ({
  ...PLAIN_FOLLOWER,
  price: '185',
  ...change,
});
const judge = (...drafts: Partial<FollowerDraft>[]) =>
  judgeFollowers(drafts.map(follower), 'price', entry);

test('each is an order of its own size, the whole entry unless it says so', () => {
  const { legs, errors } = judge(
    { quantity: '4' },
    { price: '190', quantity: '6' },
    { kind: 'stopLoss', price: '175' },
  );
  expect(errors).toEqual([{}, {}, {}]);
  expect(legs).toMatchObject([
    { side: 'sell', type: 'limit', limitPrice: '185.00', quantity: '4', timeInForce: 'gtc' },
    { side: 'sell', type: 'limit', limitPrice: '190.00', quantity: '6' },
    { side: 'sell', type: 'stop', stopPrice: '175.00', quantity: '10' },
  ]);
});

test('distances are from the entry', () => {
  const drafts = [follower({ price: '2' }), follower({ kind: 'stopLoss', price: '1' })];
  expect(judgeFollowers(drafts, 'percent', entry).ticks).toEqual([18_360, 17_820]);
  expect(judgeFollowers(drafts, 'offset', entry).ticks).toEqual([18_200, 17_900]);
  const unknown = judgeFollowers(drafts, 'offset', { ...entry, entryTicks: null });
  expect(unknown).toMatchObject({ ticks: [null, null], legs: null });
});

describe('what is wrong is said at its field, and nothing is sent', () => {
  test.each<[Partial<FollowerDraft>, object]>([
    [{ price: '' }, { price: 'Enter a price.' }],
    [{ price: 'x' }, { price: 'Enter a number above zero.' }],
    [{ price: '170' }, { price: 'Goes above the entry, 180.00.' }],
    [{ kind: 'stopLoss', price: '181' }, { price: 'Goes below the entry, 180.00.' }],
    [{ quantity: '11' }, { quantity: 'More than the entry.' }],
    [{ quantity: '0' }, { quantity: 'Enter a number above zero.' }],
    [{ quantity: '1.5' }, { quantity: 'Use steps of 1.' }],
  ])('%j', (wrong, errors) => {
    const verdict = judge({}, wrong);
    expect(verdict.errors).toEqual([{}, errors]);
    expect(verdict.legs).toBeNull();
  });

  test('none, or an entry without a size', () => {
    expect(judge().legs).toBeNull();
    expect(judgeFollowers([follower()], 'price', { ...entry, lots: null }).legs).toBeNull();
  });
});
