/**
 * R14: parent orders put into the market on purpose, each against the same seed without it. A parent
 * is worked in children of the usual size, evenly, at a fixed share of the expected volume.
 */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import {
  BUY,
  IOC,
  SELL,
  type SideCode,
  TRADER_OWNER,
} from '../../services/simulator/market/access.ts';
import { Market } from '../../services/simulator/market/market.ts';
import type { ImpactRun } from '../../services/simulator/market/realism/impact-measures.ts';
import { ObservedBooks } from './observed-books.ts';
import { DAY_SECONDS } from './subjects.ts';

const NS = 1e9;
/** Of a day's volume. */
export const SHARES = [0.001, 0.003, 0.01, 0.03, 0.1] as const;
const PARTICIPATION = 0.2;
const BEGINS_AT_SECONDS = 3_600;

/** One run per share for one seed. Even seeds buy, odd ones sell. */
export function parentOrders(
  scenario: Scenario,
  index: number,
  seed: number,
  dayLots: number,
  shares: readonly number[] = SHARES,
): ImpactRun[] {
  const side = seed % 2 === 0 ? BUY : SELL;
  const ends = shares.map((share) => BEGINS_AT_SECONDS + executionSeconds(share));
  const times = [...new Set(ends.flatMap((end) => [end, 2 * end - BEGINS_AT_SECONDS]))];
  const without = midsAt(scenario, index, seed, times);
  return shares.map((share, i) => {
    const [end, later] = [ends[i]!, 2 * ends[i]! - BEGINS_AT_SECONDS];
    const parent = { side, lots: share * dayLots, seconds: executionSeconds(share) };
    const with_ = midsAt(scenario, index, seed, [end, later], parent);
    const sign = side === BUY ? 1 : -1;
    const move = (at: number) => sign * Math.log(with_.get(at)! / without.get(at)!);
    return { share, peak: move(end), after: move(later) };
  });
}

const executionSeconds = (share: number) => Math.round((share * DAY_SECONDS) / PARTICIPATION);

interface Parent {
  side: SideCode;
  lots: number;
  seconds: number;
}

/** Mids in ticks at the given seconds, with or without a parent order from `BEGINS_AT_SECONDS` on. */
function midsAt(
  scenario: Scenario,
  index: number,
  seed: number,
  times: readonly number[],
  parent?: Parent,
): Map<number, number> {
  const books = new ObservedBooks(scenario.instruments.length);
  const market = new Market(scenario, seed, books);
  books.market = market;
  const mids = new Map<number, number>();
  let mid = scenario.instruments[index]!.model.referenceTicks as number;
  const goTo = (seconds: number) => {
    market.advanceTo(seconds * NS);
    if (books.bestBid(index) > 0 && books.bestAsk(index) > 0) mid = books.midTicks(index);
  };
  if (parent) work(parent, scenario, index, books, goTo);
  for (const time of [...times].sort((a, b) => a - b)) {
    goTo(time);
    mids.set(time, mid);
  }
  return mids;
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
