/**
 * Two workers, and one of them goes: told to (SIGTERM), killed, or hung (SIGSTOP). What traders feel is
 * how long an order waits for its record. HANDOVERS=30 repeats each end thirty times; END=SIGKILL only
 * that one.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { scenarioOf } from '../../platform/venues.ts';
import { publishBuiltIns } from '../../simulators/catalogue/store.ts';
import { audit } from '../simulation/auditor.ts';
import { Fleet } from '../simulation/fleet.ts';
import { seeded, Workload } from '../simulation/workload.ts';

const HANDOVERS = Number(process.env.HANDOVERS ?? 2);
const SIMULATORS = 6;
const ORDER_EVERY_MS = 20;
/** Shards are shared out anew. */
const SETTLE_MS = 1_500;
const BEFORE_MS = 300;
const AFTERWARDS_MS = 700;
const PATIENCE_MS = 20_000;

let fleet: Fleet;
let workload: Workload;
const addresses: SimulatorAddress[] = Array.from({ length: SIMULATORS }, (_, i) => ({
  accountId: 'acc',
  simulatorId: `handover${Date.now()}x${i}`,
}));

beforeAll(async () => {
  fleet = await Fleet.open(inject('servers').natsUrl, 'handover-test');
  const scenarios = await fleet.bus.bucket('SCENARIOS');
  const builtIns = await publishBuiltIns(scenarios);
  const { hash: scenarioHash, symbols } = builtIns.find(({ id }) => id === 'synthetic-day')!;
  const { instruments } = (await scenarioOf(scenarios, scenarioHash))!;
  const aroundTicks = instruments[0]!.model.referenceTicks;
  const options = { symbols: symbols.slice(0, 1), aroundTicks, scenarioHash, seed: 7 };
  workload = new Workload(seeded(7), options);
});
afterAll(() => fleet?.dispose());

const order = async (address: SimulatorAddress) =>
  fleet.execute(workload.order(address, Date.now(), 'o'), PATIENCE_MS);

interface Waits {
  told: { commandId: string; sequence: number }[];
  /** Longest wait of each simulator that changed its owner. */
  moved: number[];
}

/** Orders flow in every simulator while worker `old` goes, until all are elsewhere and a little longer. */
async function trading(old: string, end: () => void): Promise<Waits> {
  const waits: Waits = { told: [], moved: [] };
  const owners = new Map<SimulatorAddress, string>();
  let isOver = false;
  const desks = addresses.map(async (address) => {
    const epochs = new Set<number>();
    let longestMs = 0;
    while (!isOver) {
      const command = workload.order(address, Date.now(), 'o');
      const { sequence, record, tookMs } = await fleet.execute(command, PATIENCE_MS);
      waits.told.push({ commandId: command.commandId, sequence });
      longestMs = Math.max(longestMs, tookMs);
      epochs.add(record.epoch);
      owners.set(address, record.worker);
      await sleep(ORDER_EVERY_MS);
    }
    if (epochs.size > 1) waits.moved.push(longestMs);
  });
  await sleep(BEFORE_MS);
  end();
  await expect.poll(() => [...owners.values()].includes(old), { timeout: PATIENCE_MS }).toBe(false);
  await sleep(AFTERWARDS_MS);
  isOver = true;
  await Promise.all(desks);
  return waits;
}

type End = (worker: ChildProcess) => void;
const ends: [string, End][] = [
  ['SIGTERM', (worker) => worker.kill('SIGTERM')],
  ['SIGKILL', (worker) => worker.kill('SIGKILL')],
  ['SIGSTOP', (worker) => worker.kill('SIGSTOP')],
];

test(
  `${HANDOVERS} times each: nothing is lost, and the other worker goes on`,
  async () => {
    const told: Waits['told'] = [];
    let number = 0;
    let old = await fleet.start(`h${number++}`);
    for (const address of addresses) {
      const start = workload.start(address, Date.now());
      const { sequence } = await fleet.execute(start, PATIENCE_MS);
      told.push({ commandId: start.commandId, sequence });
      await order(address);
    }
    for (const [name, end] of ends) {
      if (process.env.END && process.env.END !== name) continue;
      const gaps: number[] = [];
      for (let i = 0; i < HANDOVERS; i++) {
        const oldName = `h${number - 1}`;
        const next = await fleet.start(`h${number++}`);
        await sleep(SETTLE_MS);
        const waits = await trading(oldName, () => end(old));
        told.push(...waits.told);
        gaps.push(...waits.moved);
        if (name === 'SIGSTOP') old.kill('SIGKILL');
        else if (old.exitCode === null && old.signalCode === null) await once(old, 'exit');
        old = next;
      }
      gaps.sort((a, b) => a - b);
      const [p50, p99] = [0.5, 0.99].map((q) => Math.round(gaps[Math.ceil(q * gaps.length) - 1]!));
      console.log(`${name}: ${gaps.length} moved; waits p50 ${p50} ms, p99 ${p99} ms`);
      expect(gaps.length).toBeGreaterThan(0);
    }
    for (const address of addresses) {
      const records = [];
      for await (const message of fleet.bus.read('EVENTS', {
        filter: subjects.event(address),
        from: 1,
      })) {
        records.push(message);
      }
      const bodies = records.map(({ body }) => body as EventRecord);
      const commands = bodies.flatMap(({ commands: all }) =>
        all.map(({ sequence, command }) => ({ sequence, body: command })),
      );
      const ids = new Set(commands.map(({ body }) => body.commandId));
      const mine = told.filter(({ commandId }) => ids.has(commandId));
      const history = { commands, unauthorised: new Set<number>(), records, told: mine };
      expect(audit(history as never)).toEqual([]);
    }
    const recorded = told.length;
    expect(recorded).toBeGreaterThan(HANDOVERS * SIMULATORS * 10);
  },
  60_000 + HANDOVERS * 60_000,
);
