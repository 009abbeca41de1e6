/**
 * A stock split at its effective time: from here on the instrument is counted in other units.
 *
 * - Every open order is canceled (`corporateAction`), the crowd's too: none of them was meant on the
 *   new scale. What waits for a trigger and what a list holds back goes with them.
 * - The position is multiplied by new/old; what is then less than a lot is paid out at the last price
 *   (cash in lieu). What the whole of it cost stays, so its average price moves the other way.
 * - The last price, the price bands and the collar of a halt are put on the new scale.
 *
 * Source: cancel instead of adjust as large US brokers do with good-till-canceled orders; FINRA rule
 * 5330 asks it for reverse splits. Cash in lieu: the usual terms of a split.
 */
import type { Micros, PriceTicks } from '@sandpit/schemas/units.ts';
import { leavePen } from './auction.ts';
import type { ExchangeState } from './exchange-state.ts';
import { payOutOldest, regroup } from './fifo-lots.ts';
import { invariant } from './invariant.ts';
import { openBands } from './limit-state.ts';
import type { Listing } from './listing.ts';
import { safe, shareOf } from './money.ts';
import { endOrder } from './settlement.ts';
import { BUY, SELL } from './sides.ts';
import { priceAfter, type SplitRatio } from './split-ratio.ts';
import { takeOut } from './work.ts';

export function splitStock(state: ExchangeState, listing: Listing, ratio: SplitRatio): void {
  const { instrument, position } = listing;
  cancelOwn(state, listing);
  cancelCrowd(state, listing);
  const oldTicks = listing.referenceTicks;
  const fromLots = position.lots;
  const realisedBefore = position.realisedMicros;
  const cashMicros = scalePosition(state, listing, ratio, oldTicks);
  listing.lastTradeTicks = priceAfter(oldTicks, ratio);
  scalePrices(state, listing, ratio);
  listing.indicative = undefined;
  listing.bookChanged = true;
  for (const number of [ratio.newUnits, ratio.oldUnits, listing.lastTradeTicks]) {
    state.hash.add(number);
  }
  state.hash.addLarge(cashMicros);
  state.emit({
    type: 'stockSplit',
    symbol: instrument.symbol,
    newUnits: ratio.newUnits,
    oldUnits: ratio.oldUnits,
    priceTicks: listing.lastTradeTicks as PriceTicks,
    fromLots,
    quantityLots: position.lots,
    cashMicros: cashMicros as Micros,
    realisedMicros: (position.realisedMicros - realisedBefore) as Micros,
  });
  if (fromLots !== 0) state.positionMoved(listing);
}

function cancelOwn(state: ExchangeState, { instrument }: Listing): void {
  for (const order of state.blotter.open()) {
    if (order.symbol !== instrument.symbol) continue;
    takeOut(state, order);
    endOrder(state, order, 'canceled', 'corporateAction');
  }
}

function cancelCrowd(state: ExchangeState, listing: Listing): void {
  const { book, pen } = listing;
  const hidden = [...book.hiddenOf(BUY), ...book.hiddenOf(SELL)];
  const handles = [
    ...book.queue(BUY),
    ...book.queue(SELL),
    ...hidden.map(({ handle }) => handle),
    ...pen.keys(),
  ];
  for (const handle of handles) {
    const owner = book.ownerOf(handle);
    leavePen(listing, handle);
    state.hash.add(book.cancel(handle));
    state.listener?.onAuctionFill(listing.index, owner, 0, 0);
  }
  invariant(book.orderCount === 0, 'after a split the book is empty');
}

/** @returns  Cash in lieu, in micros; negative is paid by who is short. */
function scalePosition(
  state: ExchangeState,
  listing: Listing,
  { newUnits, oldUnits }: SplitRatio,
  oldTicks: number,
): number {
  const { position, fifo, instrument } = listing;
  // Counted in parts of which `oldUnits` make a new lot and `newUnits` made an old one.
  const parts = safe(Math.abs(position.lots) * newUnits);
  const restParts = parts % oldUnits;
  const sign = Math.sign(position.lots);
  const worth = BigInt(restParts) * BigInt(oldTicks) * BigInt(instrument.tickValueMicros);
  const cash = sign * Number(worth / BigInt(newUnits)) + 0;
  const cost = restParts === 0 ? 0 : shareOf(position.costMicros, restParts, parts);
  position.lots = sign * ((parts - restParts) / oldUnits) + 0;
  position.costMicros -= cost;
  position.realisedMicros += cash - cost;
  payOutOldest(fifo, restParts, newUnits, cash);
  regroup(fifo, oldUnits);
  state.cashMicros = safe(state.cashMicros + cash);
  state.ledger.postFill(listing.index, cash, {
    costMicros: -cost,
    realisedMicros: cash - cost,
    feesMicros: 0,
  });
  return cash;
}

function scalePrices(state: ExchangeState, listing: Listing, ratio: SplitRatio): void {
  const { bands, halt } = listing;
  if (halt !== null) {
    halt.lowTicks = priceAfter(halt.lowTicks, ratio);
    halt.highTicks = priceAfter(halt.highTicks, ratio);
    halt.widthTicks = priceAfter(halt.widthTicks, ratio);
  }
  if (bands === null) return;
  bands.noteClose(priceAfter(bands.closeTicks, ratio));
  if (bands.isActive) openBands(state, listing, listing.lastTradeTicks);
}
