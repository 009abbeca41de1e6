import { type SimulatorAddress, shardOf, subjects } from '@sandpit/bus/subjects.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { awakeFaults, listed } from '../simulation/awake-law.ts';
import { ADA, BOB, Desk } from '../simulation/desk.ts';
import { doubleVenues } from '../simulation/doubles.ts';
import { ProcessBus } from '../simulation/process.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import type { WorkerProcess } from '../simulation/world.ts';
import { AwakeIndex } from './awake-index.ts';
import { NotOwnedError } from './not-owned.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const IDLE_MS = 30_000;
const UNATTENDED_MS = 300_000;
const limits = { idleMs: IDLE_MS, unattendedMs: UNATTENDED_MS };
/** Patience, the sweep that notices it, and the way out. */
const AFTER_IDLE_MS = IDLE_MS + 10_000;

const clocks = (desk: Desk, address: SimulatorAddress) =>
  desk
    .records(address)
    .flatMap(({ events }) => events)
    .filter(
      (event): event is Extract<VenueEvent, { type: 'clockChanged' }> =>
        event.type === 'clockChanged',
    )
    .map(({ clock }) => clock.hibernated ?? clock.state);

/** Rests far from the market. */
async function rest(desk: Desk, address: SimulatorAddress) {
  const command = desk.workload.order(address, desk.world.nowMs, 'rest');
  const ticket = { ...(command.body as { ticket: object }).ticket, side: 'buy', limitTicks: 1 };
  Object.assign(command.body, { ticket: { ...ticket, type: 'limit', timeInForce: 'gtc' } });
  void desk.world.send(command);
  await desk.world.run(500);
  return desk.recordOf(address, command.commandId)!;
}

test('nobody there and nothing at stake: its record says so, and nothing of it is left running', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const consumers = vi.spyOn(ProcessBus.prototype, 'removeConsumer');
  await desk.world.run(IDLE_MS - 5_000);
  expect(desk.status(ADA)?.state).toBe('live');
  await desk.world.run(15_000);
  expect(desk.status(ADA)).toBeUndefined();
  const last = desk.records(ADA).at(-1)!;
  expect(last).toMatchObject({ hibernation: 'begins', commands: [] });
  expect(last.events).toMatchObject([
    { type: 'clockChanged', clock: { state: 'paused', hibernated: 'running' } },
  ]);
  expect(consumers).toHaveBeenCalledTimes(1);
  expect(listed(desk.world, ADA.simulatorId)).toBe(false);
  const snapshot = desk.world.server.stream('SNAPSHOTS').last(subjects.snapshot(ADA))?.body;
  expect(snapshot).toMatchObject({ n: last.n });
  expect(desk.world.server.stream('COMMANDS').subjects(subjects.commands(ADA)).size).toBe(0);

  await desk.world.run(3_600_000);
  expect(desk.records(ADA).at(-1)).toEqual(last);
  const order = await desk.order(ADA, 'back');
  const woken = desk.records(ADA).find(({ hibernation }) => hibernation === 'ends')!;
  // The market goes on where it stood.
  expect(woken.simNs).toBe(last.simNs);
  expect(woken.events).toMatchObject([{ clock: { state: 'running', anchorSimNs: last.simNs } }]);
  const record = desk.recordOf(ADA, order.commandId)!;
  expect(record.simNs - last.simNs).toBeLessThan(2e9);
  expect(listed(desk.world, ADA.simulatorId)).toBe(true);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('with an open order it lives on, and later stands with it untouched', async () => {
  const desk = await new Desk({ limits }).open(ADA, BOB);
  const accepted = await rest(desk, ADA);
  await desk.world.run(UNATTENDED_MS - 20_000);
  expect(desk.status(BOB)).toBeUndefined();
  expect(desk.status(ADA)?.state).toBe('live');
  await desk.world.run(40_000);
  expect(desk.status(ADA)).toBeUndefined();
  const { worker } = desk.world.alive[0]!;
  const open = await inVirtualTime(desk.world, () =>
    worker.ask(ADA, ({ venue }) => venue.openOrders().map(({ orderId }) => orderId)),
  );
  const [event] = accepted.events as Extract<VenueEvent, { type: 'orderAccepted' }>[];
  expect(open).toEqual([event!.order.orderId]);
  expect(await desk.breaches(ADA, BOB)).toEqual([]);
});

test('who asks now and then keeps it awake; a question wakes it', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const { worker } = desk.world.alive[0]!;
  const state = () =>
    inVirtualTime(desk.world, () => worker.ask(ADA, ({ venue }) => venue.clock?.state));
  for (let i = 0; i < 6; i++) {
    await desk.world.run(IDLE_MS / 2);
    expect(await state()).toBe('running');
  }
  expect(desk.status(ADA)?.epoch).toBe(1);
  await desk.world.run(AFTER_IDLE_MS);
  expect(desk.status(ADA)).toBeUndefined();
  expect(await state()).toBe('running');
  expect(desk.status(ADA)).toMatchObject({ state: 'live', epoch: 2 });
});

test('one that was paused wakes paused', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const pause = { ...desk.workload.next(ADA, desk.world.nowMs), body: { type: 'pause' } } as const;
  void desk.world.send(pause);
  await desk.world.run(AFTER_IDLE_MS);
  expect(desk.status(ADA)).toBeUndefined();
  const { worker } = desk.world.alive[0]!;
  await inVirtualTime(desk.world, () => worker.ask(ADA, () => 1));
  expect(clocks(desk, ADA)).toEqual(['paused', 'paused', 'paused']);
  expect(desk.records(ADA).at(-1)!.events).toMatchObject([{ clock: { state: 'paused' } }]);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a takeover loads what is awake and does not look at what sleeps', async () => {
  const shard = shardOf(ADA.simulatorId);
  const many: SimulatorAddress[] = [];
  for (let i = 0; many.length < 12; i++) {
    const address = { accountId: 'ada', simulatorId: `sim-${i}` };
    if (shardOf(address.simulatorId) === shard) many.push(address);
  }
  const desk = await new Desk({ limits }).open(ADA, ...many);
  await rest(desk, ADA);
  await desk.world.run(AFTER_IDLE_MS + 20_000);
  expect(desk.world.alive[0]!.worker.status().simulators).toHaveLength(1);
  desk.world.kill(desk.world.alive[0]!);
  const looked = vi.spyOn(ProcessBus.prototype, 'last');
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.world.alive[0]!.worker.status().simulators).toMatchObject([ADA]);
  const logs = looked.mock.calls.filter(([stream]) => stream === 'EVENTS').map(([, each]) => each);
  expect(new Set(logs)).toEqual(new Set([subjects.event(ADA)]));
});

test('an order that comes while it is being put away is executed', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const { worker } = desk.world.alive[0]!;
  const slow = { kind: 'delayed', delayMs: 300 } as const;
  desk.world.server.faults.publish = ({ subject }) =>
    subject === subjects.snapshot(ADA) ? slow : null;
  void worker.hibernate(ADA);
  await desk.world.run(100);
  expect(desk.records(ADA).at(-1)).toMatchObject({ hibernation: 'begins' });
  const order = await desk.order(ADA, 'meanwhile', 1_500);
  expect(desk.recordOf(ADA, order.commandId)?.events[0]?.type).toBe('orderAccepted');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a worker that dies while it puts one away leaves it asleep, and off the next list', async () => {
  const desk = await new Desk({ limits, diesAt: (point) => point === 'putAway' }).open(ADA);
  await desk.world.run(AFTER_IDLE_MS);
  expect(desk.world.alive).toEqual([]);
  expect(listed(desk.world, ADA.simulatorId)).toBe(true);
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)).toBeUndefined();
  expect(listed(desk.world, ADA.simulatorId)).toBe(false);
  const order = await desk.order(ADA, 'back', 1_000);
  expect(desk.recordOf(ADA, order.commandId)?.events[0]?.type).toBe('orderAccepted');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('lists that were never written are made from the logs', async () => {
  const desk = await new Desk({ limits }).open(ADA, BOB);
  await rest(desk, ADA);
  await desk.world.run(AFTER_IDLE_MS);
  desk.world.kill(desk.world.alive[0]!);
  const bucket = desk.world.server.stream('KV_LEASES' as never);
  bucket.purge('$KV.LEASES.awake.*', Number.MAX_SAFE_INTEGER);
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)?.state).toBe('live');
  expect(desk.status(BOB)).toBeUndefined();
  expect(listed(desk.world, ADA.simulatorId)).toBe(true);
});

test('one that slept through an upgrade of the engine wakes in the new one', async () => {
  let version = 'double-1';
  const desk = await new Desk({ limits, venues: () => doubleVenues(() => {}, version) }).open(ADA);
  await rest(desk, ADA);
  const { worker } = desk.world.alive[0]!;
  await inVirtualTime(desk.world, () => worker.hibernate(ADA));
  desk.world.kill(desk.world.alive[0]!);
  version = 'double-2';
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)).toBeUndefined();
  const order = await desk.order(ADA, 'back', 1_000);
  expect(desk.recordOf(ADA, order.commandId)).toMatchObject({
    engineVersion: 'double-2',
    events: [{ type: 'orderAccepted' }],
  });
  expect(clocks(desk, ADA)).toEqual(['running', 'running']);
  const [next] = desk.world.alive;
  const open = await inVirtualTime(desk.world, () =>
    next!.worker.ask(ADA, ({ venue }) => venue.openOrders().length),
  );
  expect(open).toBeGreaterThan(0);
});

test('commands that leave no record wake nobody twice', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const order = await desk.order(ADA, 'once');
  void desk.world.send({
    ...order,
    body: { type: 'cancelAll', symbol: null, side: null },
    commandId: 'c',
  });
  // Flat, so that it may sleep.
  await desk.world.run(IDLE_MS + UNATTENDED_MS + 20_000);
  expect(desk.status(ADA)).toBeUndefined();
  const forged = desk.workload.order(ADA, desk.world.nowMs, 'forged');
  void desk.world.send(forged, 'nonsense');
  void desk.world.sendAgain(order);
  await desk.world.run(2_000);
  expect(desk.deadLetters(ADA)).toHaveLength(1);
  await desk.world.run(IDLE_MS + UNATTENDED_MS + 20_000);
  expect(desk.status(ADA)).toBeUndefined();
  const records = desk.records(ADA).length;
  await desk.world.run(60_000);
  expect(desk.status(ADA)).toBeUndefined();
  expect(desk.records(ADA)).toHaveLength(records);
  expect(desk.records(ADA).at(-1)).toMatchObject({ hibernation: 'begins' });
});

test('one that has ended and was asked in vain is put away without a word', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const stop = { ...desk.workload.next(ADA, desk.world.nowMs), body: { type: 'stop' } } as const;
  void desk.world.send(stop);
  await desk.world.run(1_000);
  void desk.world.send(desk.workload.order(ADA, desk.world.nowMs, 'forged'), 'nonsense');
  await desk.world.run(8_000);
  expect(desk.deadLetters(ADA)).toHaveLength(1);
  await desk.world.run(AFTER_IDLE_MS + 130_000);
  expect(desk.status(ADA)).toBeUndefined();
  expect(desk.records(ADA).some(({ hibernation }) => hibernation)).toBe(false);
  const epochs = desk.records(ADA).at(-1)!.epoch;
  await desk.world.run(60_000);
  expect(desk.records(ADA).at(-1)!.epoch).toBe(epochs);
});

test('an owner who learns too late that he is none wakes nothing, and leaves it as it was', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  await desk.world.run(AFTER_IDLE_MS);
  expect(clocks(desk, ADA).at(-1)).toBe('running');
  const before = desk.records(ADA).length;
  const confirm = vi.spyOn(AwakeIndex.prototype, 'confirm');
  // Before the owner record it is still his, after it no more.
  confirm.mockResolvedValueOnce().mockRejectedValueOnce(new NotOwnedError('A later owner.'));
  const [{ worker }] = desk.world.alive as [WorkerProcess];
  void worker.ask(ADA, () => null).catch(() => undefined);
  await desk.world.run(20);
  expect(desk.records(ADA).slice(before)).toMatchObject([{ type: 'owner', events: [] }]);
  expect(awakeFaults(desk.world, [desk.world.history(ADA)], [ADA])).toEqual([]);
  await desk.world.run(2_000);
  expect(desk.records(ADA).at(-1)).toMatchObject({ hibernation: 'ends' });
  expect(listed(desk.world, ADA.simulatorId)).toBe(true);
  expect(await desk.breaches(ADA)).toEqual([]);
});
