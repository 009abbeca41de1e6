import { beforeAll, describe, expect, test } from 'vitest';
import { CRASH_POINTS } from '../../../services/simulator/runtime/crash-points.ts';
import { caseOf, runCase } from './cases.ts';
import { type Programme, runProgramme, summary } from './programme.ts';

const FIRST_SEED = 20_000;
const SEEDS = 200;
const DEATHS_MIN = 100;

describe(`${SEEDS} seeds of the whole system`, () => {
  let programme: Programme;
  beforeAll(async () => {
    programme = await runProgramme(FIRST_SEED, SEEDS);
    console.log(summary(programme).join('\n'));
  }, 400_000);

  test('break no law', () => {
    const { failures, cases } = programme;
    expect(failures.map(({ seed, breaches }) => `seed ${seed}: ${breaches[0]}`)).toEqual([]);
    expect(cases).toBe(SEEDS);
  });

  test.each(CRASH_POINTS)('%s: workers died there a hundred times', (point) => {
    expect(programme.deaths.get(point)).toBeGreaterThanOrEqual(DEATHS_MIN);
  });
});

test.each([20_001, 20_008, 20_009])('seed %i is the same run every time', async (seed) => {
  const [first, second] = [await runCase(caseOf(seed)), await runCase(caseOf(seed))];
  expect(second).toEqual(first);
  expect(first.hashes.every((hash) => hash.length === 64)).toBe(true);
  const other = await runCase(caseOf(seed + 10));
  expect(other.hashes).not.toEqual(first.hashes);
});

test('every kind of case and every step has its turn', () => {
  const cases = Array.from({ length: 200 }, (_, i) => caseOf(i));
  expect(new Set(cases.map(({ kind }) => kind)).size).toBe(3);
  const steps = cases.flatMap(({ point }) => point ?? []);
  expect(new Set(steps)).toEqual(new Set(CRASH_POINTS));
});
