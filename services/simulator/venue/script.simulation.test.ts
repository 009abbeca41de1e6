/** A crowd under every event of a script: deterministic, across snapshots, and it recovers. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { ScriptEvent } from '@sandpit/schemas/script.ts';
import { expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import { Desk, openDesk, SYMBOL, scenarioWith, seconds } from './testing/commands.ts';

const EVENTS: ScriptEvent[] = [
  { type: 'headline', atSeconds: 20, symbol: SYMBOL, text: 'It is up.', jumpBps: 300 },
  { type: 'headline', atSeconds: 20, symbol: null, text: 'Nothing else.', jumpBps: 0 },
  {
    type: 'fatFinger',
    atSeconds: 30,
    symbol: SYMBOL,
    side: 'sell',
    quantityLots: 20_000,
    reachBps: 200,
  },
  { type: 'makerWithdrawal', atSeconds: 50, symbol: SYMBOL, seconds: 20 },
  { type: 'liquidityDrought', atSeconds: 80, symbol: 'LARGE', seconds: 20, times: 20 },
  { type: 'flashCrash', atSeconds: 110, symbol: SYMBOL, seconds: 10, quantityLots: 20_001 },
  { type: 'shortSqueeze', atSeconds: 140, symbol: 'LARGE', seconds: 7, quantityLots: 5 },
  { type: 'feeChange', atSeconds: 35, feeSchedule: 'per-share' },
];
const scripted = (script: ScriptEvent[] = EVENTS): Scenario =>
  scenarioWith({ warmUpSeconds: 5, script });

function run(script: ScriptEvent[], toSecond: number, fromSecond = 6) {
  const desk = openDesk(scripted(script));
  desk.start();
  const events = [];
  const rows: { second: number; mid: number; last: number; spread: number; depth: number }[] = [];
  for (let second = fromSecond; second <= toSecond; second++) {
    events.push(...desk.venue.advanceTo(seconds(second)));
    const { book, lastTradeTicks: last } = (desk.venue as SimulatedVenue).exchange.listings[0]!;
    const mid = (book.bestBid + book.bestAsk) / 2;
    rows.push({ second, mid, last, spread: book.bestAsk - book.bestBid, depth: book.orderCount });
  }
  return { desk, events, at: (second: number) => rows.find((row) => row.second === second)! };
}

test('in one step, in many, and across a snapshot within every spell', () => {
  const whole = openDesk(scripted());
  whole.start();
  whole.venue.advanceTo(seconds(170));
  let steps = openDesk(scripted());
  steps.start();
  for (const second of [20, 29.5, 30, 55, 71, 85, 99, 113.3, 120, 143, 170]) {
    steps.venue.advanceTo(seconds(second));
    steps = new Desk(restoreVenue(scripted(), steps.venue.snapshot()));
  }
  expect(steps.venue.stateHash()).toBe(whole.venue.stateHash());
  expect(steps.venue.snapshot()).toEqual(whole.venue.snapshot());
});

test('headlines are told, kept, and move the value', () => {
  const { events, at, desk } = run(EVENTS.slice(0, 2), 40);
  const told = events.filter(({ type }) => type === 'headline');
  expect(told).toMatchObject([
    { atNs: 20e9, causeId: null, symbol: SYMBOL, text: 'It is up.' },
    { symbol: null, text: 'Nothing else.' },
  ]);
  expect(desk.venue.headlines().map(({ text }) => text)).toEqual(['Nothing else.', 'It is up.']);
  expect(at(35).mid / at(19).mid - 1).toBeGreaterThan(0.015);
  expect(openDesk(scripted()).venue.headlines()).toEqual([]);
});

test('a fat finger sweeps to its reach and no farther, and the book heals', () => {
  const { at } = run([EVENTS[2]!], 120);
  const fall = 1 - at(30).last / at(29).last;
  expect(fall).toBeGreaterThan(0.0005);
  expect(fall).toBeLessThan(0.021);
  expect(at(120).depth).toBeGreaterThan(at(30).depth);
});

test('makers take their quotes out and come back', () => {
  const { at } = run([EVENTS[3]!], 100);
  expect(at(52).depth).toBeLessThan(at(49).depth * 0.9);
  expect(at(90).depth).toBeGreaterThan(at(52).depth * 1.05);
});

test('a crash falls and comes back; its sweeps add up to its size', () => {
  const { at } = run([EVENTS[5]!], 240);
  const lasts = Array.from({ length: 11 }, (_, i) => at(110 + i).last);
  expect(1 - Math.min(...lasts) / at(109).last).toBeGreaterThan(0.001);
  expect(at(240).spread).toBeLessThan(at(118).spread);
});

test('a market without a script is what it was', () => {
  const without = openDesk(scenarioWith({ warmUpSeconds: 5 }));
  const empty = openDesk(scripted([]));
  for (const desk of [without, empty]) {
    desk.start();
    desk.venue.advanceTo(seconds(60));
  }
  expect(empty.venue.tapeHash()).toBe(without.venue.tapeHash());
});

test('a fee change is told with its numbers, kept by a snapshot, and paid by the next fill', () => {
  const own = {
    name: 'dear',
    description: 'Ten for each order.',
    maker: null,
    taker: null,
    commission: { ppm: 0, perUnitMicros: 0, minimumMicros: 10_000_000, capPpm: null },
  };
  const script = [{ type: 'feeChange', atSeconds: 30, feeSchedule: 'dear' } as const];
  const scenario = { ...scripted(script), account: { feeSchedules: [own] } };
  const desk = openDesk(scenario);
  desk.start();
  desk.venue.advanceTo(seconds(29));
  desk.market('buy');
  const before = desk.venue.account().feesMicros;
  const events = desk.venue.advanceTo(seconds(31));
  expect(events.find(({ type }) => type === 'feesChanged')).toMatchObject({
    atNs: 30e9,
    causeId: null,
    fees: own,
  });
  const restored = new Desk(restoreVenue(scenario, desk.venue.snapshot()));
  restored.sequence = desk.sequence;
  expect(restored.venue.stateHash()).toBe(desk.venue.stateHash());
  for (const each of [desk, restored]) {
    const filled = each.market('sell').find(({ type }) => type === 'orderFilled');
    expect(filled).toMatchObject({ execution: { commissionMicros: 10_000_000 } });
    expect(each.venue.account().feesMicros - before).toBeGreaterThanOrEqual(10_000_000);
    expect(each.venue.account().feeSchedule).toBe('dear');
  }
});
