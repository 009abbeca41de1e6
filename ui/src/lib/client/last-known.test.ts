import { expect, test } from 'vitest';
import { type DeviceStore, type LastFrame, LastKnownDesks } from './last-known.ts';
import { orderOf } from './testing.ts';

const DAY_MS = 86_400_000;

function device() {
  const texts = new Map<string, string>();
  const store: DeviceStore = {
    get: async (name) => texts.get(name) ?? null,
    set: async (name, text) => void texts.set(name, text),
    delete: async (name) => void texts.delete(name),
    names: async () => [...texts.keys()],
  };
  let nowMs = 10 * DAY_MS;
  let owner: string | null = 'ada';
  const desks = new LastKnownDesks(
    store,
    () => nowMs,
    () => owner,
  );
  const enter = (who: string | null) => (owner = who);
  return { texts, store, desks, at: (ms: number) => (nowMs = ms), now: () => nowMs, enter };
}
const frameOf = (orders: number) =>
  ({
    simulatedAt: '2026-01-05T14:30:00.000Z',
    executions: [],
    recentOrders: Array.from({ length: orders }, (_, i) => orderOf({ orderId: `${i}` })),
  }) as unknown as LastFrame;

test('what was known comes back with its time', async () => {
  const { desks, now } = device();
  await desks.save('sim', { asOfMs: now() - 5, frame: frameOf(1) });
  expect(await desks.load('sim')).toEqual({ asOfMs: now() - 5, frame: frameOf(1) });
  expect(await desks.load('other')).toBe(null);
});

test('only so many rows of the past', async () => {
  const { desks, now } = device();
  await desks.save('sim', { asOfMs: now(), frame: frameOf(900) });
  const orders = (await desks.load('sim'))?.frame.recentOrders;
  expect(orders).toHaveLength(200);
  expect(orders?.[0]?.orderId).toBe('0');
});

test('a week later it is nothing to go by', async () => {
  const { desks, at, now } = device();
  await desks.save('sim', { asOfMs: now(), frame: frameOf(1) });
  at(now() + 7 * DAY_MS - 1);
  expect(await desks.load('sim')).not.toBe(null);
  at(now() + 1);
  expect(await desks.load('sim')).toBe(null);
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"format":0,"owner":"ada","asOfMs":864000000,"frame":{}}',
  '{"format":1}',
])('what another version has written is not read: %s', async (text) => {
  const { desks, texts } = device();
  texts.set('sim', text);
  expect(await desks.load('sim')).toBe(null);
});

test('the last five desks stay', async () => {
  const { desks, texts, now } = device();
  for (const i of [3, 1, 6, 2, 5, 4]) {
    await desks.save(`sim-${i}`, { asOfMs: now() - 60_000 + i * 1_000, frame: frameOf(1) });
  }
  expect([...texts.keys()].sort()).toEqual(['sim-2', 'sim-3', 'sim-4', 'sim-5', 'sim-6']);
  // However old: it is the one that is open.
  await desks.save('sim-0', { asOfMs: now() - 90_000, frame: frameOf(1) });
  expect([...texts.keys()].sort()).toEqual(['sim-0', 'sim-3', 'sim-4', 'sim-5', 'sim-6']);
});

test('a desk that closes after the trader has logged out keeps nothing, and is nobody else’s', async () => {
  const { desks, texts, now, enter } = device();
  await desks.save('a', { asOfMs: now(), frame: frameOf(1) });
  enter('eve');
  expect(await desks.load('a')).toBe(null);
  enter(null);
  expect(await desks.load('a')).toBe(null);
  await desks.clear();
  await desks.save('a', { asOfMs: now(), frame: frameOf(1) });
  expect(texts.size).toBe(0);
});

test('nobody reads what was somebody else’s', async () => {
  const { desks, texts, now } = device();
  await desks.save('a', { asOfMs: now(), frame: frameOf(1) });
  await desks.save('b', { asOfMs: now(), frame: frameOf(1) });
  await desks.clear();
  expect(texts.size).toBe(0);
});

test('a device that keeps nothing is no trouble', async () => {
  const no = () => Promise.reject(new Error('QuotaExceededError'));
  const desks = new LastKnownDesks(
    { get: no, set: no, delete: no, names: no },
    Date.now,
    () => 'ada',
  );
  await desks.save('sim', { asOfMs: 1, frame: frameOf(1) });
  expect(await desks.load('sim')).toBe(null);
  await desks.clear();
});
