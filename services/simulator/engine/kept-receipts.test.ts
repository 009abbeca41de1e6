import { expect, test } from 'vitest';
import { KeptReceipts, MAX_LEGS } from './kept-receipts.ts';

const SLOT = 200;

/** An order that is filled, waits, rests, and is replaced `times` more. */
function replaced(times: number): KeptReceipts {
  const receipts = new KeptReceipts();
  receipts.clear(SLOT);
  receipts.beginLeg(SLOT, 'waiting', 1, 0, 0);
  receipts.endLeg(SLOT, 2, 0);
  for (let n = 0; n <= times; n++) {
    if (receipts.isInLeg(SLOT)) receipts.endLeg(SLOT, 10 * n, 3);
    receipts.beginLeg(SLOT, 'resting', 10 * n, 100 + n, 9);
    receipts.noteTradeAhead(SLOT, 100 + n, 2);
    receipts.noteTradeAhead(SLOT, 99, 2);
  }
  receipts.noteFill(SLOT, true, 4, 50);
  receipts.noteFill(SLOT, false, 5, 60);
  return receipts;
}

test('a receipt tells what was noted', () => {
  const waiting = { kind: 'waiting', fromNs: 1, toNs: 2, priceTicks: 0, aheadLots: 0 };
  const resting = { kind: 'resting', fromNs: 0, toNs: null, priceTicks: 100, aheadLots: 9 };
  expect(replaced(0).receiptIn(SLOT)).toEqual({
    makerLots: 4,
    takerLots: 5,
    firstFillNs: 50,
    lastFillNs: 60,
    legs: [
      { ...waiting, tradedAheadLots: 0, canceledAheadLots: 0 },
      { ...resting, tradedAheadLots: 2, canceledAheadLots: 0 },
    ],
    legCount: 2,
  });
});

test('the newest legs are kept, and all of them counted', () => {
  const { legs, legCount } = replaced(40).receiptIn(SLOT)!;
  expect(legCount).toBe(42);
  expect(legs).toHaveLength(MAX_LEGS);
  expect(legs[0]).toMatchObject({ priceTicks: 125, toNs: 260, canceledAheadLots: 4 });
  expect(legs.at(-1)).toMatchObject({ priceTicks: 140, toNs: null, canceledAheadLots: 0 });
});

test.each([0, 1, 15, 16, 40])('put back, a receipt goes on as before (%i times)', (times) => {
  const receipts = replaced(times);
  const restored = new KeptReceipts();
  restored.clear(7);
  restored.put(7, structuredClone(receipts.receiptIn(SLOT)!));
  expect(restored.receiptIn(7)).toEqual(receipts.receiptIn(SLOT));
  for (const [each, slot] of [
    [receipts, SLOT],
    [restored, 7],
  ] as const) {
    each.noteTradeAhead(slot, 100 + times, 1);
    each.renewLeg(slot, 70, 6);
  }
  expect(restored.receiptIn(7)).toEqual(receipts.receiptIn(SLOT));
});

test('whoever takes the slot has no receipt yet, and the next one is younger', () => {
  const receipts = replaced(3);
  const before = receipts.number(SLOT);
  receipts.clear(SLOT);
  expect(receipts.receiptIn(SLOT)).toBeNull();
  expect(receipts.isInLeg(SLOT)).toBe(false);
  receipts.begin(SLOT);
  expect(receipts.receiptIn(SLOT)).toMatchObject({ makerLots: 0, firstFillNs: null, legs: [] });
  expect(receipts.number(SLOT)).toBeGreaterThan(before);
});
