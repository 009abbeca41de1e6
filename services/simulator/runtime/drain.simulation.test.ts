import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import { expect, test } from 'vitest';
import { testScenario } from '../market/testing/scenario.ts';
import { Desk } from '../simulation/desk.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import type { WorkerProcess } from '../simulation/world.ts';
import { realVenues } from './real-venues.ts';

const scenario = { ...testScenario(), warmUpSeconds: 5 };
const venues = () => realVenues({ get: async () => scenario });
const SIMULATORS = 16;
/** Of the issue: traders must not feel more. */
const GAP_MS_MAX = 300;

interface Shown {
  atMs: number;
  epoch: number;
  text: string;
}

/** Simulators that trade on two workers, and everything that is shown of their markets. */
async function openHouse(simulators = SIMULATORS) {
  const addresses: SimulatorAddress[] = Array.from({ length: simulators }, (_, i) => ({
    accountId: 'ada',
    simulatorId: `sim-${i}`,
  }));
  const desk = new Desk({ venues });
  await desk.world.spawn();
  await desk.world.spawn();
  await desk.world.run(6_000);
  const shown = new Map<string, Shown[]>();
  desk.world.server.follow({
    subject: subjects.all('md'),
    isConnected: () => true,
    onMessage: ({ subject, body }) => {
      const { epoch, ...frame } = body as { epoch: number };
      const [, , , , , simulatorId = ''] = subject.split('.');
      const list = shown.get(simulatorId) ?? [];
      list.push({ atMs: desk.world.nowMs, epoch, text: `${subject} ${JSON.stringify(frame)}` });
      shown.set(simulatorId, list);
    },
  });
  for (const address of addresses) void desk.start(address);
  await desk.world.run(5_000);
  return { desk, addresses, shown };
}

const texts = (shown: Map<string, Shown[]>, { simulatorId }: SimulatorAddress) =>
  (shown.get(simulatorId) ?? []).map(({ text }) => text);

/** The longest silence around the change of owners. */
function gapMs(shown: readonly Shown[]): number {
  const at = shown.findIndex(({ epoch }) => epoch > shown[0]!.epoch);
  return at < 0 ? 0 : shown[at]!.atMs - shown[at - 1]!.atMs;
}

test('a drained worker hands everything over, and its markets go on as if nothing had been', async () => {
  const calm = await openHouse();
  const house = await openHouse();
  const [old, other] = house.desk.world.alive as [WorkerProcess, WorkerProcess];
  const moving = house.addresses.filter((address) => old.worker.owns(address.simulatorId));
  expect(moving.length).toBeGreaterThan(3);
  expect(moving.length).toBeLessThan(SIMULATORS);
  const moved = await inVirtualTime(house.desk.world, () => old.worker.drain());
  expect(moved).toBeGreaterThan(20);
  const untilMs = calm.desk.world.nowMs + 6_000;
  for (const { world } of [house.desk, calm.desk]) await world.run(untilMs - world.nowMs);
  for (const address of house.addresses) expect(other.worker.owns(address.simulatorId)).toBe(true);

  const gaps = moving.map(({ simulatorId }) => gapMs(house.shown.get(simulatorId)!));
  console.log(`gaps of ${moving.length} markets, virtual ms: ${gaps.join(' ')}`);
  expect(Math.max(...gaps)).toBeLessThan(GAP_MS_MAX);
  for (const address of house.addresses) {
    const [seen, undisturbed] = [texts(house.shown, address), texts(calm.shown, address)];
    const length = Math.min(seen.length, undisturbed.length);
    expect(length).toBeGreaterThan(50);
    expect(seen.slice(0, length)).toEqual(undisturbed.slice(0, length));
    expect(Math.abs(seen.length - undisturbed.length)).toBeLessThan(10);
  }
  // Nothing was executed again: the snapshot stands on the end of the log.
  for (const address of moving) {
    expect(
      house.desk
        .records(address)
        .map(({ epoch }) => epoch)
        .at(-1),
    ).toBe(2);
  }
});

test('whenever in the course of its renewals it is told to', async () => {
  const worst: number[] = [];
  for (const laterMs of [40, 90, 140, 190, 240, 290]) {
    const { desk, addresses, shown } = await openHouse(8);
    await desk.world.run(laterMs);
    const [old] = desk.world.alive as [WorkerProcess];
    const moving = addresses.filter((address) => old.worker.owns(address.simulatorId));
    await inVirtualTime(desk.world, () => old.worker.drain());
    await desk.world.run(2_000);
    worst.push(Math.max(...moving.map(({ simulatorId }) => gapMs(shown.get(simulatorId)!))));
  }
  console.log(`worst gap by moment, virtual ms: ${worst.join(' ')}`);
  expect(Math.max(...worst)).toBeLessThan(GAP_MS_MAX);
});
