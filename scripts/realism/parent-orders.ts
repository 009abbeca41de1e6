/**
 * R14: parent orders put into the market on purpose. A parent is worked in children of the usual size,
 * evenly, at a fixed share of the expected volume, once as a buyer and once as a seller from the very
 * same moment of the same seed: half the distance between the two prices is what the order has done.
 *
 * Arrivals and whoever works a large order of its own draw from streams that the parent does not
 * touch, so they are the same in both runs and cancel, and so do the value and its drift. That settles
 * in a few dozen seeds what takes hundreds of unpaired ones.
 *
 * Source: common random numbers and antithetic pairs, Glasserman, Monte Carlo Methods in Financial
 * Engineering (2003), ch. 4.
 */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { Book } from '../../services/simulator/engine/book.ts';
import {
  BUY,
  IOC,
  SELL,
  type SideCode,
  TRADER_OWNER,
} from '../../services/simulator/market/access.ts';
import { Market, type MarketSnapshot } from '../../services/simulator/market/market.ts';
import type { ImpactRun } from '../../services/simulator/market/realism/impact-measures.ts';
import { ObservedBooks } from './observed-books.ts';
import { DAY_SECONDS, withMembers } from './subjects.ts';

const NS = 1e9;
/** Of a day's volume. */
export const SHARES = [0.001, 0.003, 0.01, 0.03, 0.1] as const;
const PARTICIPATION = 0.2;
const BEGINS_AT_SECONDS = 3_600;
/** The fewest orders that a model may ask for. */
const QUIET = { marketOrdersPerSecond: 0.01, limitOrdersPerSecond: 0.1 } as const;

/** One pair of runs per share for one seed. */
export function parentOrders(
  scenario: Scenario,
  symbol: string,
  seed: number,
  dayLots: number,
  shares: readonly number[] = SHARES,
): ImpactRun[] {
  const alone = onlyWhatMoves(scenario, symbol);
  const start = startOf(alone, seed);
  return shares.map((share) => {
    const parent = { lots: share * dayLots, seconds: executionSeconds(share) };
    const bought = midsAfter(alone, start, { ...parent, side: BUY });
    const sold = midsAfter(alone, start, { ...parent, side: SELL });
    const half = (at: 'done' | 'later') => Math.log(bought[at] / sold[at]) / 2;
    return { seed, share, peak: half('done'), after: half('later') };
  });
}

/**
 * The instrument, last, and those whose values it follows with next to no crowd: a value does not
 * depend on who trades.
 */
export function onlyWhatMoves(scenario: Scenario, symbol: string): Scenario {
  const { instruments } = withMembers(scenario, [symbol]);
  return {
    ...scenario,
    instruments: instruments.map((item) =>
      item.instrument.symbol === symbol ? item : { ...item, model: { ...item.model, ...QUIET } },
    ),
  };
}

const executionSeconds = (share: number) => Math.round((share * DAY_SECONDS) / PARTICIPATION);

interface Start {
  market: MarketSnapshot;
  books: Uint8Array[];
}

/** The market as it stands when a parent begins. */
function startOf(scenario: Scenario, seed: number): Start {
  const books = ObservedBooks.empty(scenario.instruments.length);
  books.market = new Market(scenario, seed, books);
  books.market.advanceTo(BEGINS_AT_SECONDS * NS);
  return {
    market: books.market.snapshot(),
    books: books.observed.map(({ book }) => book.snapshot()),
  };
}

interface Parent {
  side: SideCode;
  lots: number;
  seconds: number;
}

/** Mids in ticks when the parent is done, and one execution length later. */
function midsAfter(
  scenario: Scenario,
  start: Start,
  parent: Parent,
): { done: number; later: number } {
  const books = new ObservedBooks(start.books.map((bytes) => Book.restore(bytes)));
  books.market = Market.restore(scenario, start.market, books);
  const index = scenario.instruments.length - 1;
  let mid = scenario.instruments[index]!.model.referenceTicks as number;
  const goTo = (seconds: number) => {
    books.market.advanceTo(seconds * NS);
    if (books.bestBid(index) > 0 && books.bestAsk(index) > 0) mid = books.midTicks(index);
    return mid;
  };
  work(parent, scenario, index, books, goTo);
  const end = BEGINS_AT_SECONDS + parent.seconds;
  return { done: goTo(end), later: goTo(end + parent.seconds) };
}

function work(
  { side, lots, seconds }: Parent,
  scenario: Scenario,
  index: number,
  books: ObservedBooks,
  goTo: (seconds: number) => void,
): void {
  const { roundLot, typicalOrderLots } = scenario.instruments[index]!.model;
  const usual = Math.max(roundLot, typicalOrderLots);
  const children = Math.max(1, Math.round(lots / usual));
  let sent = 0;
  for (let child = 0; child < children; child++) {
    goTo(BEGINS_AT_SECONDS + ((child + 0.5) * seconds) / children);
    const wanted = Math.round(((child + 1) * lots) / children) - sent;
    sent += wanted;
    if (wanted > 0) books.submit(index, TRADER_OWNER, side, marketTicks(side), wanted, IOC);
  }
}

/** A limit that meets everybody. */
const marketTicks = (side: SideCode) => (side === BUY ? 2_000_000_000 : 1);
