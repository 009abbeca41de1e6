import { expect, test } from 'vitest';
import { HASH, scenarioWith } from '../venue/testing/commands.ts';
import { type Host, silentLog } from './host.ts';
import { WarmPool } from './warm-pool.ts';

function poolOf(hashes: string[], scenario = scenarioWith()) {
  let nowMs = 0;
  let drawn = 0;
  const host: Host = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    random: () => ++drawn / 1_000,
    sleep: async (ms) => {
      nowMs += ms;
    },
    after: () => () => {},
    yield: async () => {},
  };
  const asked: string[] = [];
  const scenarios = {
    hashes: () => hashes,
    get: async (hash: string) => {
      asked.push(hash);
      if (hash === 'broken') throw new Error('no such scenario');
      return scenario;
    },
  };
  const pool = new WarmPool(scenarios, host, silentLog);
  const fillUp = async () => {
    pool.look();
    while (await pool.fill());
  };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { pool, hashes, asked, fillUp, wait };
}

test('what is asked for is kept ready in greater number, and each past is given once', async () => {
  const { pool, fillUp } = poolOf([HASH, 'other']);
  expect(pool.reserve(HASH)).toBeNull();
  await fillUp();
  expect(pool.size).toBe(4);
  const seeds = [pool.reserve(HASH), pool.reserve(HASH), pool.reserve(HASH)];
  expect(new Set(seeds).size).toBe(3);
  expect(pool.reserve(HASH)).toBeNull();
  expect(pool.take(HASH, seeds[0]!)).toMatchObject({ scenarioHash: HASH, seed: seeds[0] });
  expect(pool.take(HASH, seeds[0]!)).toBeNull();
  expect(pool.take('other', seeds[1]!)).toBeNull();
});

test('a seed that nobody came for is given out again', async () => {
  const { pool, fillUp, wait } = poolOf([HASH]);
  await fillUp();
  const seed = pool.reserve(HASH);
  expect(pool.reserve(HASH)).toBeNull();
  wait(16_000);
  expect(pool.reserve(HASH)).toBe(seed);
});

test('after an hour without a question one is enough', async () => {
  const { pool, fillUp, wait } = poolOf([HASH]);
  pool.reserve(HASH);
  await fillUp();
  expect(pool.size).toBe(3);
  for (let i = 0; i < 3; i++) pool.take(HASH, pool.reserve(HASH)!);
  wait(3_600_001);
  await fillUp();
  expect(pool.size).toBe(1);
});

test('one that cannot be run is not tried for ever, and what left the catalogue is dropped', async () => {
  const { pool, hashes, asked, fillUp } = poolOf(['broken', HASH]);
  await fillUp();
  await fillUp();
  expect(asked.filter((hash) => hash === 'broken')).toHaveLength(1);
  expect(pool.size).toBe(1);
  hashes.splice(0, 2);
  await fillUp();
  expect(pool.size).toBe(0);
});

test('a scenario without a past needs none', async () => {
  const { pool, fillUp } = poolOf([HASH], scenarioWith({ warmUpSeconds: 0 }));
  await fillUp();
  expect(pool.size).toBe(0);
  expect(pool.reserve(HASH)).toBeNull();
});
