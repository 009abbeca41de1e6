/**
 * What the price bands do to an instrument: orders stay within them, a limit state that lasts becomes
 * a halt, and what rests outside bands that have moved is taken out.
 *
 * - A bid never rests above the upper band and an ask never below the lower one, so nothing can trade
 *   outside. On entry such a limit is set to the band (`slidFromTicks` keeps what was asked); one that
 *   a moved band leaves outside is canceled.
 * - A bid below the lower band and an ask above the upper one may rest: they cannot trade.
 *
 * Source: the plan, section VI; re-pricing on entry and cancel thereafter as Nasdaq rule
 * 4120(a)(13) does for orders over OUCH.
 */
import type { ExchangeState } from './exchange-state.ts';
import { newHalt, startHalt } from './halts.ts';
import type { Listing } from './listing.ts';
import { sessionAt } from './phases.ts';
import type { TimeOfDay } from './price-bands.ts';
import { endOrder } from './settlement.ts';
import { type BookSide, BUY, SELL, TRADER } from './sides.ts';
import { takeOut } from './work.ts';

const NS_PER_SECOND = 1_000_000_000;

/** Where continuous trading begins, the bands do. @param auctionTicks  0 when no auction traded. */
export function openBands(state: ExchangeState, listing: Listing, auctionTicks = 0): void {
  const { bands, book } = listing;
  if (bands === null) return;
  const { bestBid, bestAsk } = book;
  const mid = bestBid > 0 && bestAsk > 0 ? (bestBid + bestAsk) >> 1 : listing.referenceTicks;
  bands.open(state.nowNs, auctionTicks || mid, timeOfDay(state, listing));
  listing.isGuarded = true;
  takeOutOutside(state, listing);
}

/** Bands and limit state at their times. */
export function changeBands(state: ExchangeState, listing: Listing): void {
  const { bands } = listing;
  if (bands === null || !bands.isActive || bands.nextNs > state.nowNs) return;
  if (bands.isLimitOver(state.nowNs)) pause(state, listing);
  else if (bands.look(state.nowNs, timeOfDay(state, listing))) takeOutOutside(state, listing);
}

/** The quote as it stands after an event of the crowd or a command. */
export function watchBands(state: ExchangeState): void {
  for (const { bands, book } of state.listings) {
    if (bands?.isActive) bands.watch(state.nowNs, book);
  }
}

/** The halt's auction may go as far back as the other band, and a collar's width beyond this one. */
function pause(state: ExchangeState, listing: Listing): void {
  const bands = listing.bands!;
  const { limitState, lowTicks, highTicks, terms } = bands;
  const { auctionSeconds } = listing.reopening;
  const haltSeconds = Math.max(1, terms.pauseSeconds - auctionSeconds);
  const bandTicks = limitState === 'limitUp' ? highTicks : lowTicks;
  const endsNs = state.nowNs + haltSeconds * NS_PER_SECOND;
  const halt = newHalt(listing, 'volatility', endsNs, bandTicks);
  if (limitState === 'limitUp') halt.lowTicks = lowTicks;
  else halt.highTicks = highTicks;
  startHalt(state, listing, halt);
}

function timeOfDay({ nowNs }: ExchangeState, { session }: Listing): TimeOfDay {
  const never = Number.POSITIVE_INFINITY;
  if (session === null) return { sinceNs: never, leftNs: never };
  const leftNs = sessionAt(session, nowNs).endsNs - nowNs;
  return { sinceNs: session.continuousSeconds * NS_PER_SECOND - leftNs, leftNs };
}

function takeOutOutside(state: ExchangeState, listing: Listing): void {
  const { bands, book } = listing;
  const { lowTicks, highTicks } = bands!;
  while (book.bestBid > highTicks) takeOutAll(state, listing, BUY, book.handlesAt(book.bestBid));
  while (book.bestAsk > 0 && book.bestAsk < lowTicks) {
    takeOutAll(state, listing, SELL, book.handlesAt(book.bestAsk));
  }
  const hidden = [...book.hiddenOf(BUY), ...book.hiddenOf(SELL)].filter(({ handle, priceTicks }) =>
    book.sideOf(handle) === BUY ? priceTicks > highTicks : priceTicks < lowTicks,
  );
  for (const { handle } of hidden) takeOutAll(state, listing, book.sideOf(handle), [handle]);
}

function takeOutAll(
  state: ExchangeState,
  listing: Listing,
  side: BookSide,
  handles: readonly number[],
): void {
  const { book } = listing;
  for (const handle of handles) {
    const owner = book.ownerOf(handle);
    if (owner === TRADER) {
      const order = listing.resting.get(handle)!;
      takeOut(state, order);
      endOrder(state, order, 'canceled', 'priceOutsideBands');
      continue;
    }
    state.hash.add(book.cancel(handle) ^ (side << 24));
    state.listener?.onAuctionFill(listing.index, owner, 0, 0);
  }
  listing.bookChanged = true;
}
