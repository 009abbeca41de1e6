import { expect, test } from 'vitest';
import { testScenario } from '../market/testing/scenario.ts';
import { audit } from '../simulation/auditor.ts';
import { ADA, Desk } from '../simulation/desk.ts';
import { DOUBLE_HASH } from '../simulation/doubles.ts';
import { auditReplay } from '../simulation/replay-law.ts';
import { type Past, preparePast } from '../venue/past.ts';
import { realVenues } from './real-venues.ts';

const scenario = { ...testScenario(), warmUpSeconds: 120 };
const shelf = { get: async () => scenario };
/** Of the workload's start command. */
const SEED = 1;

function past(): Past {
  const steps = preparePast(scenario, DOUBLE_HASH, SEED);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value as Past;
  }
}

test('a market that was run beforehand leaves a log that any worker executes again', async () => {
  let given = 0;
  const pool = {
    take(hash: string, seed: number) {
      if (given > 0 || hash !== DOUBLE_HASH || seed !== SEED) return null;
      given += 1;
      return past();
    },
  };
  const desk = await new Desk({ venues: () => realVenues(shelf, pool) }).open();
  void desk.start(ADA);
  await desk.world.run(1_000);
  expect(given).toBe(1);
  for (let i = 0; i < 6; i++) await desk.order(ADA, 'warm', 2_000);
  const { simNs } = desk
    .records(ADA)
    .find(({ commands }) => commands.length > 0 && commands[0]!.command.body.type === 'newOrder')!;
  expect(simNs).toBeGreaterThan(120e9);
  // The next owner has no such market, and comes to the same.
  desk.world.kill(desk.world.alive[0]!);
  await desk.world.spawn();
  await desk.world.run(5_000);
  expect(desk.status(ADA)).toMatchObject({ state: 'live', epoch: 2 });
  expect(audit(await desk.world.collect(ADA))).toEqual([]);
  expect(await auditReplay(desk.world, ADA, DOUBLE_HASH, realVenues(shelf))).toEqual([]);
});
