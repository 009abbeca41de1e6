import type { ClockState } from '@sandpit/schemas/event.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { expect, test } from 'vitest';
import { anchored, simTimeAt } from '../venue/clock.ts';
import { Pacer } from './pacer.ts';

const START_MS = 1_800_000_000_000;
const TICK_MS = 25;

/** A market on a machine that runs `canDo(ms)` simulated seconds a second, and a clock it follows. */
function machine(speed: number, canDo: (ms: number) => number, behindSeconds = 0) {
  let clock: ClockState = anchored('running', speed, 0, START_MS - (behindSeconds * 1_000) / speed);
  let nowNs = 0;
  let ms = 0;
  const pacer = new Pacer();
  const said: { ms: number; pace: number | null }[] = [];
  let worstLateMs = 0;
  return {
    said,
    run(forMs: number) {
      worstLateMs = 0;
      for (const end = ms + forMs; ms < end; ms += TICK_MS) {
        const targetNs = simTimeAt(clock, START_MS + ms, nowNs);
        nowNs = Math.min(targetNs, nowNs + canDo(ms) * TICK_MS * 1e6);
        const venue = { clock, nowNs: nowNs as SimNs, seekNs: null };
        const pace = pacer.judge(venue, targetNs, ms);
        const real = clock.lagging?.realSpeed ?? speed;
        worstLateMs = Math.max(worstLateMs, (targetNs - nowNs) / 1e6 / real);
        if (pace === undefined) continue;
        said.push({ ms, pace });
        clock = anchored('running', speed, nowNs, START_MS + ms);
        if (pace !== null) clock = { ...clock, lagging: { realSpeed: pace } };
      }
      return { nowNs, worstLateMs, lagging: clock.lagging?.realSpeed ?? null };
    },
  };
}

test('a machine that keeps up is left alone', () => {
  const { run, said } = machine(100, () => 120);
  run(60_000);
  expect(said).toEqual([]);
});

test('one that cannot is slowed to what it can within three seconds, and stays on time', () => {
  const { run, said } = machine(100, () => 40);
  run(6_000);
  expect(said[0]!.ms).toBeLessThan(3_000);
  expect(said[0]!.pace).toBeCloseTo(32, 0);
  const { worstLateMs, lagging } = run(8_000);
  // It has tried half as much again meanwhile.
  expect(lagging).toBeLessThanOrEqual(48);
  expect(worstLateMs).toBeLessThan(1_100);
});

test('it tries to run faster now and then, and says at most one word a second', () => {
  const { run, said } = machine(100, (ms) => (ms < 20_000 ? 10 : 500));
  run(120_000);
  expect(said.at(-1)!.pace).toBeNull();
  for (let i = 1; i < said.length; i++) {
    expect(said[i]!.ms - said[i - 1]!.ms).toBeGreaterThanOrEqual(1_000);
  }
});

test('a market that fell behind while its worker was away catches up at full speed', () => {
  const { run, said } = machine(10, () => 500, 3_000);
  const { nowNs } = run(10_000);
  expect(said).toEqual([]);
  expect(nowNs).toBeGreaterThan(3_000e9);
});

test('nobody is slowed to nothing, nor in a pause or a seek', () => {
  const stuck = machine(1, () => 0);
  stuck.run(60_000);
  expect(stuck.said.at(-1)!.pace).toBe(0.1);
  const pacer = new Pacer();
  const paused = { clock: anchored('paused', 1, 0, START_MS), nowNs: 0 as SimNs, seekNs: null };
  for (let ms = 0; ms < 5_000; ms += 500) expect(pacer.judge(paused, 9e12, ms)).toBeUndefined();
});
