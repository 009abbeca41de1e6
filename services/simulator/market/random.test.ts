import { describe, expect, test } from 'vitest';
import { Random } from './random.ts';

const DRAWS = 100_000;

function moments(draw: () => number) {
  let sum = 0;
  let squares = 0;
  let largest = Number.NEGATIVE_INFINITY;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < DRAWS; i++) {
    const x = draw();
    sum += x;
    squares += x * x;
    largest = Math.max(largest, x);
    smallest = Math.min(smallest, x);
  }
  const mean = sum / DRAWS;
  return { mean, variance: squares / DRAWS - mean * mean, largest, smallest };
}

describe('Random', () => {
  test('distributions have their moments', () => {
    const random = Random.stream(7, 'moments');
    const uniform = moments(() => random.uniform());
    expect(uniform.mean).toBeCloseTo(0.5, 2);
    expect(uniform.variance).toBeCloseTo(1 / 12, 2);
    expect(uniform.smallest).toBeGreaterThan(0);
    expect(uniform.largest).toBeLessThan(1);

    const normal = moments(() => random.normal());
    expect(Math.abs(normal.mean)).toBeLessThan(0.02);
    expect(normal.variance).toBeGreaterThan(0.97);
    expect(normal.variance).toBeLessThan(1.03);

    const exponential = moments(() => random.exponential());
    expect(exponential.mean).toBeGreaterThan(0.98);
    expect(exponential.mean).toBeLessThan(1.02);
    expect(exponential.smallest).toBeGreaterThan(0);

    const pareto = moments(() => random.pareto(3));
    expect(pareto.mean).toBeGreaterThan(1.45);
    expect(pareto.mean).toBeLessThan(1.55);
    expect(pareto.smallest).toBeGreaterThanOrEqual(1);

    const logNormal = moments(() => random.logNormal(0.5));
    expect(logNormal.mean).toBeGreaterThan(Math.exp(0.125) - 0.02);
    expect(logNormal.mean).toBeLessThan(Math.exp(0.125) + 0.02);
  });

  test('whole numbers cover their range evenly', () => {
    const random = Random.stream(11, 'below');
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < DRAWS; i++) counts[random.below(8)]!++;
    for (const count of counts) {
      expect(count / DRAWS).toBeGreaterThan(0.115);
      expect(count / DRAWS).toBeLessThan(0.135);
    }
    let heads = 0;
    for (let i = 0; i < DRAWS; i++) if (random.chance(0.3)) heads++;
    expect(heads / DRAWS).toBeCloseTo(0.3, 1);
  });

  test('a restored stream goes on where it stopped', () => {
    const random = Random.stream(3, 'x');
    for (let i = 0; i < 100; i++) random.uniform();
    const twin = Random.restore(JSON.parse(JSON.stringify(random.state())));
    for (let i = 0; i < 100; i++) expect(twin.uniform()).toBe(random.uniform());
    expect(twin.state()).toEqual(random.state());
  });

  test('near seeds and other labels are unrelated', () => {
    const correlation = (a: Random, b: Random) => {
      let sum = 0;
      for (let i = 0; i < 20_000; i++) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12;
      return Math.abs(sum / 20_000);
    };
    for (let seed = 0; seed < 5; seed++) {
      expect(correlation(Random.stream(seed, 'a'), Random.stream(seed + 1, 'a'))).toBeLessThan(
        0.04,
      );
      expect(correlation(Random.stream(seed, 'a'), Random.stream(seed, 'b'))).toBeLessThan(0.04);
    }
    const first = new Set<number>();
    for (let seed = 0; seed < 1_000; seed++) first.add(Random.stream(seed, 'a').uniform());
    expect(first.size).toBe(1_000);
  });
});
