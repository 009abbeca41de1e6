/** Who listens decides how much market data there is, all the way from the venue to the bus. */
import { subjects } from '@sandpit/bus/subjects.ts';
import { expect, test } from 'vitest';
import { testScenario } from '../market/testing/scenario.ts';
import { ADA, Desk } from '../simulation/desk.ts';
import { realVenues } from './real-venues.ts';

const scenario = { ...testScenario(), warmUpSeconds: 5 };
const MD = subjects.all('md');
const STRETCH_MS = 10_000;

test('market data is made for those who hear it', async () => {
  const desk = new Desk({ venues: () => realVenues({ get: async () => scenario }) });
  const { world } = desk;
  await world.spawn();
  await world.run(6_000);

  let batches = new Set<number>();
  const { announce } = world.server;
  world.server.announce = (subject, ...rest) => {
    if (subject.startsWith(MD.split('*', 1)[0]!)) batches.add(world.nowMs);
    return announce.call(world.server, subject, ...rest);
  };
  /** Moments in which frames were published, in a stretch of ten seconds. */
  const inStretch = async (): Promise<number> => {
    batches = new Set();
    await world.run(STRETCH_MS);
    return batches.size;
  };
  const listen = (heard: number[]) =>
    world.server.follow({
      subject: MD,
      isConnected: () => true,
      onMessage: () => heard.push(world.nowMs),
    });

  void desk.start(ADA);
  await world.run(5_000);
  const unwatched = await inStretch();
  expect(unwatched).toBeGreaterThan(5);
  expect(unwatched).toBeLessThan(25);

  const heard: number[] = [];
  const sinceMs = world.nowMs;
  const leave = listen(heard);
  expect(await inStretch()).toBeGreaterThan(70);
  expect(heard[0]! - sinceMs).toBeLessThan(1_000);

  leave();
  await world.run(2_000);
  expect(await inStretch()).toBeLessThan(25);
});
