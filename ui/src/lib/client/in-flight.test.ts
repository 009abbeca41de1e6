import { beforeEach, expect, test } from 'vitest';
import { InFlight, KEPT_MS, type Sent } from './in-flight.ts';

let stored: Map<string, string>;
let nowMs: number;
let inFlight: InFlight;
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
};
const sent = (clientOrderId: string, askedAtMs = nowMs): Sent => ({
  operation: 'submitOrder',
  asked: { body: { clientOrderId } },
  orders: [{ clientOrderId, symbol: 'ACME', side: 'buy', type: 'market', quantity: '1' }],
  askedAtMs,
  askedAtIso: '2026-01-05T14:30:00.000Z',
});
const ids = () => inFlight.all().map(({ orders: [{ clientOrderId }] }) => clientOrderId);

beforeEach(() => {
  stored = new Map();
  nowMs = 1e12;
  inFlight = new InFlight(storage, 'sim', () => nowMs);
});

test('what is under way is there after a reload, as it was asked; what has ended is not', () => {
  inFlight.add(sent('a'));
  inFlight.add(sent('b'));
  inFlight.remove(sent('a'));
  inFlight = new InFlight(storage, 'sim', () => nowMs);
  expect(inFlight.all()).toEqual([sent('b')]);
  expect(new InFlight(storage, 'other', () => nowMs).all()).toEqual([]);
  inFlight.remove(sent('b'));
  expect(stored.size).toBe(0);
});

test('ten minutes are enough, and a clock that was set back makes nothing young', () => {
  inFlight.add(sent('old', nowMs - KEPT_MS));
  inFlight.add(sent('ahead', nowMs + 60_000));
  inFlight.add(sent('now'));
  expect(ids()).toEqual(['now']);
});

test('fifty are kept, the newest', () => {
  for (let i = 0; i < 60; i += 1) inFlight.add(sent(`${i}`));
  expect(ids()).toHaveLength(50);
  expect(ids()[0]).toBe('10');
});

test.each(['{', 'null', '[null]', '[{}]', '"x"'])('%s in the store is nothing', (text) => {
  stored.set('sandpit.inFlight.sim', text);
  expect(inFlight.all()).toEqual([]);
  inFlight.add(sent('a'));
  expect(ids()).toEqual(['a']);
});

test('a store that is full stops no order', () => {
  const full = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  inFlight = new InFlight({ ...storage, setItem: full }, 'sim', () => nowMs);
  expect(() => inFlight.add(sent('a'))).not.toThrow();
});
