/** A crowd through halts: by the script of its scenario, and by command. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { QuoteFrame, TradeFrame } from '@sandpit/schemas/market-data.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { Desk, openDesk, SYMBOL, scenarioWith, seconds } from './testing/commands.ts';

/** Halted from 60 s to 90 s, reopening to 100 s; halted again at 150 s, reopened at 170 s. */
function haltScenario(): Scenario {
  const scenario = scenarioWith({ warmUpSeconds: 0 });
  const reopening = { auctionSeconds: 10, extensionSeconds: 10 };
  const instruments = scenario.instruments.map((each) => ({ ...each, reopening }));
  return {
    ...scenario,
    instruments,
    script: [
      { atSeconds: 60, type: 'halt', symbol: SYMBOL, reason: 'newsPending', seconds: 30 },
      { atSeconds: 150, type: 'halt', symbol: SYMBOL, reason: 'regulatory', seconds: null },
      { atSeconds: 170, type: 'reopen', symbol: SYMBOL },
    ],
  };
}

const phasesOf = (events: readonly VenueEvent[]) =>
  events.flatMap((event) =>
    event.type === 'phaseChanged' ? [`${event.atNs / 1e9} ${event.phase}`] : [],
  );

test('nothing trades in a halt, the auction is one price, and trading goes on', () => {
  const desk = openDesk(haltScenario());
  const events = desk.start();
  const trades = new Map<string, number>();
  let phase = 'continuous';
  let indicated = 0;
  for (let second = 1; second <= 240; second++) {
    events.push(...desk.wait(1_000));
    for (const { symbol, channel, frame } of desk.venue.takeFrames()) {
      if (symbol !== SYMBOL || channel !== 'trade') continue;
      const { length } = (frame as unknown as TradeFrame).trades;
      trades.set(phase, (trades.get(phase) ?? 0) + length);
    }
    const quote = desk.venue.quote(SYMBOL) as QuoteFrame;
    phase = quote.phase!;
    if (phase === 'reopeningAuction' && quote.indicativePrice) indicated++;
    expect(quote.haltReason === null).toBe(phase === 'continuous');
    if (phase === 'halted') expect(quote.indicativePrice).toBeNull();
  }
  expect(phasesOf(events)).toEqual([
    '60 halted',
    '90 reopeningAuction',
    '100 continuous',
    '150 halted',
    '170 reopeningAuction',
    '180 continuous',
  ]);
  // A second in which a phase ends counts for it: two auctions, one trade each.
  expect(trades.get('reopeningAuction')).toBe(2);
  expect(trades.get('halted')).toBeUndefined();
  expect(trades.get('continuous')).toBeGreaterThan(60);
  expect(indicated).toBeGreaterThan(12);
});

test('the frames say why, and until when', () => {
  const desk = openDesk(haltScenario());
  desk.start();
  desk.wait(61_000);
  const quotes = desk.venue.takeFrames().filter(({ symbol, channel }) => {
    return symbol === SYMBOL && channel === 'quote';
  });
  expect(quotes.at(-1)!.frame).toMatchObject({
    phase: 'halted',
    haltReason: 'newsPending',
    phaseEndsAt: '2026-01-05T14:31:30.000Z',
  });
  desk.wait(90_000);
  const after = desk.venue.quote(SYMBOL);
  expect(after).toMatchObject({ phase: 'halted', haltReason: 'regulatory', phaseEndsAt: null });
});

test('the same in one step, in many, and across snapshots', () => {
  const whole = openDesk(haltScenario());
  whole.start();
  whole.venue.advanceTo(seconds(240));
  let steps = openDesk(haltScenario());
  steps.start();
  for (const second of [
    59.9, 60, 60.1, 75, 90, 95, 99.99, 100, 149, 150, 160, 170, 175, 180, 240,
  ]) {
    steps.venue.advanceTo(seconds(second));
    steps = new Desk(restoreVenue(haltScenario(), steps.venue.snapshot()));
  }
  expect(steps.venue.stateHash()).toBe(whole.venue.stateHash());
  expect(steps.venue.snapshot()).toEqual(whole.venue.snapshot());
});

test('a long halt does not pile up the crowd’s orders', () => {
  const desk = openDesk(scenarioWith({ warmUpSeconds: 0 }));
  desk.start();
  desk.venue.setFramesWanted(false);
  desk.wait(10_000);
  desk.send({ type: 'haltInstrument', symbol: SYMBOL, reason: 'regulatory', seconds: null });
  const orders = () =>
    (desk.venue as unknown as { exchange: { listings: { pen: Map<number, unknown> }[] } }).exchange
      .listings[0]!.pen.size;
  desk.wait(300_000);
  const early = orders();
  desk.wait(900_000);
  expect(early).toBeGreaterThan(50);
  expect(orders()).toBeLessThan(1.5 * early + 200);
});

test('a halt by command is the command’s doing, and its repeat does nothing', () => {
  const desk = openDesk(scenarioWith({ warmUpSeconds: 0 }));
  desk.start();
  desk.wait(5_000);
  const halt = {
    type: 'haltInstrument',
    symbol: SYMBOL,
    reason: 'regulatory',
    seconds: 5,
  } as const;
  expect(desk.send(halt)).toMatchObject([
    { type: 'phaseChanged', causeId: `cmd-${desk.sequence}`, atNs: 5e9, endsNs: 10e9 },
  ]);
  expect(desk.send(halt)).toMatchObject([{ type: 'commandRefused', reason: 'instrumentHalted' }]);
  expect(desk.order({ limitTicks: 18_000 })).toMatchObject([{ type: 'orderAccepted' }, {}]);
  expect(desk.market('buy')).toMatchObject([{ type: 'orderRejected', reason: 'instrumentHalted' }]);
});

test('a dividend goes out of the price, and stops below it do not notice', () => {
  const script = [{ atSeconds: 60, type: 'dividend', symbol: SYMBOL, amount: '3.00' } as const];
  const desk = openDesk(scenarioWith({ warmUpSeconds: 0, script }));
  desk.start();
  desk.venue.setFramesWanted(false);
  desk.wait(10_000);
  desk.market('buy', 100);
  const mid = () =>
    (Number(desk.venue.quote(SYMBOL)!.bid) + Number(desk.venue.quote(SYMBOL)!.ask)) / 2;
  const events: VenueEvent[] = [...desk.wait(49_900)];
  const before = mid();
  const stopTicks = Math.round(before * 100) - 200;
  const instructions = { stopTicks };
  desk.order({ side: 'sell', type: 'stop', quantityLots: 100, instructions });
  const paid = desk.wait(1_100);
  events.push(...paid, ...desk.wait(9_000));
  expect(paid.find((event) => event.type === 'dividendPaid')).toMatchObject({
    atNs: 60e9,
    quantityLots: 100,
    cashMicros: 300_000_000,
  });
  expect(mid() - before).toBeGreaterThan(-4.5);
  expect(mid() - before).toBeLessThan(-1.5);
  expect(events.some((event) => event.type === 'orderTriggered')).toBe(false);
  expect(desk.venue.openOrders()[0]?.instructions?.stopTicks).toBe(stopTicks - 300);
});
