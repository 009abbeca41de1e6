/** Runs the market for a while and keeps what an exchange would have published, as recordings. */
import type { Recording, Scenario } from '@sandpit/schemas/scenario.ts';
import { Market } from '../../../simulator/market/market.ts';
import { Books, type TapeTrade } from '../../../simulator/market/testing/books.ts';

const NS_PER_MS = 1_000_000;

/** One recording per instrument, with `seconds` × 1000 / `stepMs` + 1 rows. */
export function recordMarket(
  scenario: Scenario,
  seed: number,
  seconds: number,
  stepMs: number,
): Recording[] {
  const books = new Books(scenario.instruments.length);
  books.market = new Market(scenario, seed, books);
  const recordings = scenario.instruments.map(({ instrument }): Recording => {
    const source = `Sandpit's own market, ${instrument.symbol}, seed ${seed}`;
    return { source, stepMs, midHalfTicks: [], spreadTicks: [], trades: [], volumeLots: [] };
  });
  const rows = (seconds * 1_000) / stepMs + 1;
  for (let row = 0; row < rows; row++) {
    books.market.advanceTo(row * stepMs * NS_PER_MS);
    recordings.forEach((recording, i) => {
      noteQuote(recording, books.bestBid(i), books.bestAsk(i));
      noteTrades(
        recording,
        row,
        books.tape.filter((trade) => trade.instrument === i),
      );
    });
    books.tape.length = 0;
  }
  return recordings;
}

function noteQuote({ midHalfTicks, spreadTicks }: Recording, bid: number, ask: number): void {
  const isQuoted = bid > 0 && ask > bid;
  midHalfTicks.push(isQuoted ? bid + ask : midHalfTicks.at(-1)!);
  spreadTicks.push(isQuoted ? ask - bid : spreadTicks.at(-1)!);
}

/** What traded since the row before belongs to the step that began there. */
function noteTrades({ trades, volumeLots }: Recording, row: number, tape: TapeTrade[]): void {
  let orders = 0;
  let lots = 0;
  let lastNs = -1;
  for (const trade of tape) {
    if (trade.atNs !== lastNs) orders++;
    lastNs = trade.atNs;
    lots += trade.lots;
  }
  trades.push(0);
  volumeLots.push(0);
  if (row === 0) return;
  trades[row - 1] = orders;
  volumeLots[row - 1] = lots;
}
