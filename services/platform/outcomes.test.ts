import type { EventRecord } from '@sandpit/schemas/record.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LiveListener } from './live.ts';
import { type AskOutcome, OutcomeWaiter } from './outcomes.ts';

const address = { accountId: 'acc', simulatorId: 'sim', commandId: 'o-1' };
const event = (causeId: string | null) => ({ type: 'clockChanged', causeId });

function setUp(ask: AskOutcome = async () => null) {
  let listener: LiveListener = () => {};
  const waiter = new OutcomeWaiter(
    {
      listen: (given) => {
        listener = given;
        return () => {};
      },
    },
    ask,
  );
  const decoded = vi.fn();
  const commit = (sequence: number, commandIds: string[], extra: Partial<EventRecord> = {}) =>
    listener({
      address: { accountId: 'acc', simulatorId: 'sim' },
      sequence,
      previousSequence: 0,
      get record() {
        decoded();
        return {
          type: 'turn',
          commands: commandIds.map((commandId) => ({ sequence: 1, command: { commandId } })),
          events: [...commandIds.map(event), event(null)],
          ...extra,
        } as unknown as EventRecord;
      },
    });
  return { waiter, commit, decoded };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('everyone who waits for a command gets its events, and only its events', async () => {
  const { waiter, commit } = setUp();
  const first = waiter.expect(address, 2_000);
  const second = waiter.expect(address, 2_000);
  commit(41, ['other']);
  commit(42, ['o-0', 'o-1']);
  const outcome = { sequence: 42, events: [event('o-1')], quarantined: false };
  await expect(first.outcome).resolves.toEqual(outcome);
  await expect(second.outcome).resolves.toEqual(outcome);
  expect(waiter.recent('sim', 'o-1')).toEqual(outcome);
});

test('records of simulators that nobody waits for are not decoded', () => {
  const { waiter, commit, decoded } = setUp();
  commit(1, ['o-1']);
  expect(decoded).not.toHaveBeenCalled();
  waiter.expect(address, 2_000);
  commit(2, ['x']);
  expect(decoded).toHaveBeenCalledOnce();
});

test('a lost live record is found by asking the owner', async () => {
  const ask = vi.fn(async () => ({ sequence: 7, events: [] }));
  const { waiter } = setUp(ask);
  const { outcome } = waiter.expect(address, 2_000);
  await vi.advanceTimersByTimeAsync(249);
  expect(ask).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await expect(outcome).resolves.toMatchObject({ sequence: 7 });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ask).toHaveBeenCalledOnce();
});

test('nothing in time is unknown, also when the owner cannot be asked', async () => {
  const { waiter, commit } = setUp(async () => {
    throw new Error('away');
  });
  const { outcome } = waiter.expect(address, 2_000);
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(outcome).resolves.toBeNull();
  commit(1, ['o-1']);
  expect(waiter.recent('sim', 'o-1')).toBeNull();
  expect(vi.getTimerCount()).toBe(0);
});

test('a cancelled wait leaves no timer, and the number of waiting requests is bounded', async () => {
  const { waiter } = setUp();
  const waits = Array.from({ length: 10_000 }, (_, i) =>
    waiter.expect({ ...address, commandId: `o-${i}` }, 2_000),
  );
  expect(() => waiter.expect(address, 2_000)).toThrow(
    expect.objectContaining({ type: 'unavailable' }),
  );
  for (const wait of waits) wait.cancel();
  expect(vi.getTimerCount()).toBe(0);
  expect(() => waiter.expect(address, 2_000).cancel()).not.toThrow();
});
