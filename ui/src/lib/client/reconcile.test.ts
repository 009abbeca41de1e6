import { RECEIVE_WINDOW_MS } from '@sandpit/schemas/order-stamp.ts';
import { describe, expect, test } from 'vitest';
import type { LinkState } from './link.ts';
import {
  type InFlightOrder,
  isNewer,
  LIMIT_REPEAT_WITHIN_MS,
  MARKET_REPEAT_WITHIN_MS,
  nextStep,
  receiveWindowOf,
} from './reconcile.ts';
import { orderOf } from './testing.ts';

const request = (type: 'market' | 'limit') =>
  ({ clientOrderId: 'c-1', symbol: 'ACME', side: 'buy', type, quantity: '1' }) as const;
const inFlight = (
  type: 'market' | 'limit',
  change: Partial<InFlightOrder> = {},
): InFlightOrder => ({
  request: request(type),
  submittedAtMs: 0,
  lastSentAtMs: 0,
  sends: 1,
  isSending: false,
  isTooLate: false,
  liveSinceMs: 0,
  ...change,
});

describe('an order without an answer', () => {
  test.each<[string, InFlightOrder, LinkState, number, string]>([
    ['a fresh one is sent', inFlight('limit', { sends: 0 }), 'live', 0, 'repeat'],
    [
      'one that is refused as late is not',
      inFlight('limit', { isTooLate: true }),
      'live',
      500,
      'wait',
    ],
    ['one on its way is left alone', inFlight('limit', { isSending: true }), 'live', 500, 'wait'],
    ['a limit order is asked again', inFlight('limit'), 'live', 8_900, 'repeat'],
    ['but not much longer', inFlight('limit'), 'live', 9_000, 'wait'],
    ['a market order too, in time', inFlight('market'), 'live', 3_900, 'repeat'],
    ['but not late', inFlight('market'), 'live', 4_000, 'wait'],
    ['nor by a device without network', inFlight('limit'), 'offline', 1_000, 'wait'],
    ['nor for ever', inFlight('limit', { sends: 6 }), 'live', 8_000, 'wait'],
    ['ten live seconds without a sign', inFlight('market'), 'live', 10_000, 'notPlaced'],
    [
      'they count from the last attempt, which may still be on its way',
      inFlight('limit', { lastSentAtMs: 8_500 }),
      'live',
      18_000,
      'wait',
    ],
    ['and end, too', inFlight('limit', { lastSentAtMs: 8_500 }), 'live', 18_500, 'notPlaced'],
    ['a recovering venue may yet have it', inFlight('market'), 'recovering', 60_000, 'wait'],
    [
      'a lost stream knows nothing',
      inFlight('market', { liveSinceMs: null }),
      'live',
      60_000,
      'wait',
    ],
    [
      'the ten seconds count from the reconnect',
      inFlight('market', { liveSinceMs: 55_000 }),
      'live',
      60_000,
      'wait',
    ],
    ['and end', inFlight('market', { liveSinceMs: 55_000 }), 'live', 65_000, 'notPlaced'],
  ])('%s', (_name, order, link, nowMs, expected) => {
    expect(nextStep(order, undefined, link, nowMs).kind).toBe(expected);
  });

  test('the venue’s word ends it, however late', () => {
    const known = orderOf({ status: 'filled' });
    expect(nextStep(inFlight('market'), known, 'reconnecting', 99_000)).toEqual({
      kind: 'settled',
      order: known,
    });
  });
});

test('the later record wins, whichever way it came', () => {
  const current = orderOf({ sequence: 100 });
  expect(isNewer(orderOf({ sequence: 99 }), current)).toBe(false);
  expect(isNewer(orderOf({ sequence: 100 }), current)).toBe(true);
  expect(isNewer(orderOf({ sequence: 1 }), undefined)).toBe(true);
});

test('an order is meant for a little longer than it is repeated', () => {
  const windowMs = (type: 'market' | 'limit') =>
    receiveWindowOf(request(type)).receiveWindowMs ?? RECEIVE_WINDOW_MS;
  expect(windowMs('market')).toBeGreaterThan(MARKET_REPEAT_WITHIN_MS);
  expect(windowMs('limit')).toBeGreaterThan(LIMIT_REPEAT_WITHIN_MS);
});
