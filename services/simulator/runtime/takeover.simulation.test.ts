/**
 * How long a takeover takes by the protocol alone: leases, burial, lists, recovery and the OWNER
 * record, with a millisecond for each message and nothing for the work. What a machine adds is
 * measured by `handover.integration.test.ts`.
 */
import { expect, test } from 'vitest';
import { ADA, Desk } from '../simulation/desk.ts';
import { seeded } from '../simulation/workload.ts';
import type { WorkerProcess } from '../simulation/world.ts';
import { LEASE_MS } from './heartbeat.ts';

const TAKEOVERS = 40;
const STEP_MS = 10;

type End = (desk: Desk, owner: WorkerProcess) => void;
const ends: [string, End][] = [
  ['killed', (desk, owner) => desk.world.kill(owner)],
  ['hung', (_, { gate }) => gate.suspend()],
];

test.each(ends)(
  'a worker that is %s is followed within little more than a lease',
  async (name, end) => {
    const random = seeded(name.length);
    const desk = await new Desk().open(ADA);
    const tookMs: number[] = [];
    for (let i = 0; i < TAKEOVERS; i++) {
      await desk.world.spawn();
      await desk.world.run(2_500 + Math.floor(random() * 300));
      const owner = desk.world.alive.find(
        ({ worker, gate }) => !gate.suspended && worker.owns(ADA.simulatorId),
      )!;
      const before = desk.records(ADA).at(-1)!.epoch;
      end(desk, owner);
      const sinceMs = desk.world.nowMs;
      while (desk.records(ADA).at(-1)!.epoch === before && desk.world.nowMs < sinceMs + 10_000) {
        await desk.world.run(STEP_MS);
      }
      tookMs.push(desk.world.nowMs - sinceMs);
      desk.world.kill(owner);
    }
    tookMs.sort((a, b) => a - b);
    const [p50, max] = [tookMs[TAKEOVERS / 2]!, tookMs.at(-1)!];
    console.log(`${name}: ${TAKEOVERS} takeovers, p50 ${p50} ms, longest ${max} ms (virtual)`);
    expect(max).toBeLessThan(1.5 * LEASE_MS);
    expect(await desk.breaches(ADA)).toEqual([]);
  },
);
