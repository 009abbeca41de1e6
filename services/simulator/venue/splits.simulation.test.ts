/** Splits among a crowd: the market goes on, for the same money, on another scale. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { expect, test, vi } from 'vitest';
import { restoreVenue } from './create.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import { type Desk, openDesk, SYMBOL, scenarioWith, seconds } from './testing/commands.ts';

const EFFECTIVE = 900;

/** The first instrument is split at 900 s; each of the others shows what would be without. */
function splitScenario(newUnits: number, oldUnits: number): Scenario {
  const scenario = scenarioWith({ warmUpSeconds: 0 });
  return {
    ...scenario,
    instruments: scenario.instruments.slice(0, 2),
    script: [{ atSeconds: EFFECTIVE, type: 'split', symbol: SYMBOL, newUnits, oldUnits }],
  };
}

/** A desk whose market has run up to a second. */
function deskAt(second: number, scenario: Scenario): Desk {
  const desk = openDesk(scenario);
  desk.start();
  desk.venue.setFramesWanted(false);
  desk.wait(second * 1_000);
  return desk;
}

const midOf = (desk: Desk) => {
  const { bid, ask } = desk.venue.quote(SYMBOL)!;
  return (Number(bid) + Number(ask)) / 2;
};

test.each`
  newUnits | oldUnits | spread
  ${4}     | ${1}     | ${0.03}
  ${3}     | ${2}     | ${0.06}
  ${1}     | ${10}    | ${0.8}
`(
  '$newUnits for $oldUnits: the book is there again at once, at the new price, for the same money',
  ({ newUnits, oldUnits, spread }) => {
    const factor = oldUnits / newUnits;
    const desk = deskAt(EFFECTIVE - 1, splitScenario(newUnits, oldUnits));
    const mid = midOf(desk);
    const depthValue = () => {
      const { bids, asks } = desk.venue.book(SYMBOL, 20)!;
      return [...bids, ...asks].reduce(
        (sum, { price, quantity }) => sum + Number(price) * Number(quantity),
        0,
      );
    };
    const value = depthValue();
    desk.wait(1_100);
    expect(desk.venue.nowNs).toBe(seconds(EFFECTIVE) + 1e8);
    expect(midOf(desk) / (mid * factor)).toBeGreaterThan(0.995);
    expect(midOf(desk) / (mid * factor)).toBeLessThan(1.005);
    desk.wait(60_000);
    expect(depthValue() / value).toBeGreaterThan(0.4);
    expect(depthValue() / value).toBeLessThan(2.5);
    const { bid, ask } = desk.venue.quote(SYMBOL)!;
    expect(Number(ask) - Number(bid)).toBeLessThan(4 * spread);
    expect(midOf(desk) / (mid * factor)).toBeGreaterThan(0.97);
    expect(midOf(desk) / (mid * factor)).toBeLessThan(1.03);
  },
);

test('what is held is counted anew, open orders end, and events say so', () => {
  const desk = deskAt(EFFECTIVE - 10, splitScenario(3, 2));
  desk.market('buy', 101);
  desk.order({ limitTicks: 17_000 });
  const events = desk.wait(11_000);
  const split = events.find(({ type }) => type === 'stockSplit');
  expect(split).toMatchObject({ atNs: seconds(EFFECTIVE), fromLots: 101, quantityLots: 151 });
  expect(events.find(({ type }) => type === 'orderCanceled')).toMatchObject({
    order: { rejectReason: 'corporateAction' },
    atNs: seconds(EFFECTIVE),
  });
  expect(desk.venue.positions()[0]?.quantityLots).toBe(151);
  expect(desk.venue.openOrders()).toEqual([]);
  expect(desk.venue.splits(SYMBOL)).toEqual([
    { atNs: seconds(EFFECTIVE), symbol: SYMBOL, newUnits: 3, oldUnits: 2 },
  ]);
});

test('no candle holds two scales, and the range of the day is on that of now', () => {
  const desk = deskAt(EFFECTIVE + 120, splitScenario(4, 1));
  for (const interval of ['1s', '15s', '1m', '5m', '15m'] as const) {
    const candles = desk.venue.candles(SYMBOL, interval, 500)!;
    const startOf = (candle: { start: string }) =>
      (Date.parse(candle.start) - desk.venue.opensAtMs) / 1_000;
    for (const candle of candles) {
      const scale = startOf(candle) < EFFECTIVE ? 180 : 45;
      for (const price of [candle.open, candle.high, candle.low, candle.close]) {
        expect(Number(price) / scale).toBeGreaterThan(0.9);
        expect(Number(price) / scale).toBeLessThan(1.1);
      }
    }
    expect(candles.some((candle) => startOf(candle) >= EFFECTIVE)).toBe(true);
  }
  const { open, high, low, last, volume } = desk.venue.quote(SYMBOL)!;
  for (const price of [open, high, low, last]) {
    expect(Number(price)).toBeGreaterThan(40);
    expect(Number(price)).toBeLessThan(50);
  }
  const traded = desk.venue.candles(SYMBOL, '1m', 500)!;
  const inUnitsOfNow = traded.reduce(
    (sum, each) =>
      sum + Number(each.volume) * (Date.parse(each.start) < desk.venue.opensAtMs + 9e5 ? 4 : 1),
    0,
  );
  expect(Number(volume)).toBe(inUnitsOfNow);
});

test('an instrument that is not split does not notice', () => {
  const plain = deskAt(EFFECTIVE + 60, { ...splitScenario(4, 1), script: [] });
  const other = deskAt(EFFECTIVE + 60, splitScenario(4, 1));
  const { sequence: _, ...quote } = plain.venue.quote('LARGE')!;
  expect(other.venue.quote('LARGE')).toMatchObject(quote);
});

test('a venue restored before, at or after it goes on the same', () => {
  const scenario = splitScenario(3, 2);
  const desk = deskAt(EFFECTIVE - 30, scenario);
  const saved = [desk.venue.snapshot()];
  for (const ms of [30_000, 10_000]) {
    desk.wait(ms);
    saved.push(desk.venue.snapshot());
  }
  desk.wait(20_000);
  for (const bytes of saved) {
    const restored = restoreVenue(scenario, bytes);
    expect(restored.snapshot()).toEqual(bytes);
    restored.setFramesWanted(false);
    restored.advanceTo(desk.venue.nowNs);
    expect(restored.stateHash()).toBe(desk.venue.stateHash());
    expect(restored.tapeHash()).toBe(desk.venue.tapeHash());
    expect(restored.quote(SYMBOL)).toEqual(desk.venue.quote(SYMBOL));
  }
});

test('it comes before all else at its instant, whatever the script says first', () => {
  const fatFinger = { type: 'fatFinger', side: 'buy', quantityLots: 3_000, reachBps: 500 } as const;
  const scenario = splitScenario(4, 1);
  const script = [{ ...fatFinger, atSeconds: EFFECTIVE, symbol: SYMBOL }, ...scenario.script!];
  const desk = deskAt(EFFECTIVE - 1, { ...scenario, script });
  const market = (desk.venue as SimulatedVenue).market!;
  const split = vi.spyOn(market, 'split').mockImplementationOnce((...each) => {
    expect(market.nowNs).toBeLessThan(seconds(EFFECTIVE));
    return Object.getPrototypeOf(market).split.apply(market, each);
  });
  desk.wait(1_000);
  expect(split).toHaveBeenCalledTimes(1);
  const at = new Date(desk.venue.opensAtMs + EFFECTIVE * 1_000).toISOString();
  for (const trade of desk.venue.trades(SYMBOL, 50)!.filter((each) => each.at === at)) {
    expect(Number(trade.price)).toBeLessThan(60);
  }
});
