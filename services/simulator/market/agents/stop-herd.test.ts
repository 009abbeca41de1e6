import { describe, expect, test } from 'vitest';
import { BUY, SELL } from '../access.ts';
import { Random } from '../random.ts';
import { AgentDesk } from '../testing/agent-desk.ts';
import { StopHerd } from './stop-herd.ts';
import { TAKER_OWNER } from './taker.ts';

const STEPS = 4 * 3_600;

function herd() {
  const desk = new AgentDesk();
  const stops = new StopHerd(desk.state, Random.stream(3, 'stop-herd'));
  desk.quote(17_998, 18_002);
  for (let step = 0; step < STEPS; step++) stops.step();
  return { desk, stops };
}
const waiting = ({ stops }: ReturnType<typeof herd>, side: 0 | 1) =>
  stops.snapshot().stops.filter(([of, , lots]) => of === side && lots > 0);

describe('the herd', () => {
  test('waits on both sides of a quiet price, crowded just beyond round ones', () => {
    const seen = herd();
    expect(seen.desk.trades()).toEqual([]);
    const [buys, sells] = [waiting(seen, BUY), waiting(seen, SELL)];
    expect(Math.min(buys.length, sells.length)).toBeGreaterThan(5);
    expect(buys.every(([, trigger]) => trigger > 18_002)).toBe(true);
    expect(sells.every(([, trigger]) => trigger < 17_998)).toBe(true);
    const round = buys.filter(([, trigger]) => trigger % 40 === 1).length;
    expect(round / buys.length).toBeGreaterThan(0.3);
  });

  test('sells when the bid falls to its stops, a few at a time, and no sooner', () => {
    const seen = herd();
    const highest = Math.max(...waiting(seen, SELL).map(([, trigger]) => trigger));
    seen.desk.quote(highest + 1, highest + 5);
    seen.stops.step();
    expect(seen.desk.trades()).toEqual([]);
    seen.desk.quote(17_000, 17_004);
    seen.stops.step();
    const trades = seen.desk.trades();
    expect(trades).toHaveLength(3);
    expect(trades.every(({ side }) => side === SELL)).toBe(true);
    expect(trades[0]!.owner).toBe(TAKER_OWNER.stopHerd);
  });

  test('buys when the ask rises to them', () => {
    const seen = herd();
    seen.desk.quote(19_000, 19_004);
    seen.stops.step();
    expect(seen.desk.trades().map(({ side }) => side)).toEqual([BUY, BUY, BUY]);
  });

  test('a fired stop is gone', () => {
    const seen = herd();
    const before = waiting(seen, SELL).length;
    seen.desk.quote(17_000, 17_004);
    for (let step = 0; step < 20; step++) seen.stops.step();
    expect(seen.desk.trades().length).toBeGreaterThanOrEqual(before);
    expect(waiting(seen, SELL).filter(([, trigger]) => trigger >= 17_000)).toEqual([]);
  });

  test('a restored herd does the same', () => {
    const { desk, stops } = herd();
    const twin = new StopHerd(desk.state, Random.stream(4, 'other'));
    twin.restore(stops.snapshot());
    for (let step = 0; step < 200; step++) stops.step();
    for (let step = 0; step < 200; step++) twin.step();
    expect(twin.snapshot()).toEqual(stops.snapshot());
  });
});
