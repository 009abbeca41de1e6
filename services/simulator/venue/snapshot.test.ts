import { beforeAll, describe, expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import { scenarioWith, seconds } from './testing/commands.ts';
import { fullVenue } from './testing/full-venue.ts';

const ORDERS = 10_000;

describe(`a venue with ${ORDERS} resting orders, restored from its snapshot`, () => {
  let original: SimulatedVenue;
  let copy: SimulatedVenue;
  beforeAll(() => {
    original = fullVenue(ORDERS);
    copy = restoreVenue(scenarioWith(), original.snapshot()) as SimulatedVenue;
  });

  test('holds them all, the trader’s own among them, and waits for the same prices', () => {
    const { listings } = copy.exchange;
    expect(listings.reduce((sum, { book }) => sum + book.orderCount, 0)).toBe(ORDERS);
    expect(listings.reduce((sum, { resting }) => sum + resting.size, 0)).toBe(90);
    expect(listings.reduce((sum, { waiting }) => sum + waiting.size, 0)).toBe(10);
  });

  test('is the same to the byte and has the same state hash', () => {
    expect(Buffer.compare(copy.snapshot(), original.snapshot())).toBe(0);
    expect(copy.stateHash()).toBe(original.stateHash());
  });

  test('goes on to the same bytes and the same hash', () => {
    const toNs = seconds(original.nowNs / 1e9 + 5);
    expect(copy.advanceTo(toNs)).toEqual(original.advanceTo(toNs));
    expect(Buffer.compare(copy.snapshot(), original.snapshot())).toBe(0);
    expect(copy.stateHash()).toBe(original.stateHash());
  });
});
