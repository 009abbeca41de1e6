/** How the engine and the reference stand, one line for each thing they hold, in one form. */
import { indicativeOf } from '../auction.ts';
import { BUY, depthBuffer, SELL, TRADER } from '../book.ts';
import type { Exchange } from '../exchange.ts';
import type { Listing } from '../listing.ts';
import {
  bandsText,
  behindText,
  bookText,
  callText,
  orderText,
  owedText,
  positionText,
  triggerOf,
} from './comparison-text.ts';
import { isCollecting } from './reference-auction.ts';
import type { ReferenceMargin } from './reference-margin.ts';
import type { ReferenceListing } from './reference-order.ts';

const LEVELS = 400;
const depth = depthBuffer(LEVELS);

/** Of an instrument, the reference's id of an agent's order by its handle in the engine. */
export type Ids = readonly ReadonlyMap<number, number>[];

export function engineStands({ state, listings }: Exchange, ids: Ids): string[] {
  const { blotter, cashMicros, marginCall, interest } = state;
  return [
    `cash ${cashMicros} held ${listings.reduce((sum, each) => sum + each.reservedMicros, 0)}`,
    callText(marginCall),
    owedText('interest', interest),
    ...listings.map(({ instrument, borrowing }) => owedText(instrument.symbol, borrowing)),
    ...listings.map(({ instrument, position: { lots, costMicros, ...rest } }) =>
      positionText(instrument.symbol, lots, costMicros, rest),
    ),
    ...blotter.open().map((order) => orderText(order, triggerOf(listings, order))),
    ...listings.flatMap((listing, index) => engineBook(listing, ids[index])),
    ...listings.flatMap(engineDay),
  ];
}

function engineDay(listing: Listing): string[] {
  const { phase, phaseEndsNs, halt, bands, book, pen, resting } = listing;
  const lines = [`${phase} until ${phaseEndsNs}`];
  if (halt) lines.push(`halt ${halt.endsNs} ${halt.lowTicks} to ${halt.highTicks}`);
  if (bands) lines.push(bandsText(bands.lowTicks, bands.highTicks, bands.limitState, bands.nextNs));
  for (const [handle, kind] of pen) {
    const who = resting.get(handle) ? `#${resting.get(handle)!.orderId}` : book.ownerOf(handle);
    lines.push(
      `${kind} ${bookText(book.sideOf(handle), book.lotsOf(handle), book.priceOf(handle), `${who}`)}`,
    );
  }
  const trade = indicativeOf(listing);
  if (trade) lines.push(`auction at ${trade.priceTicks}: ${trade.lots}, ${trade.imbalanceLots}`);
  return lines;
}

function engineBook({ book, resting }: Listing, ids: ReadonlyMap<number, number>): string[] {
  const lines: string[] = [];
  const who = (handle: number): string => {
    const own = resting.get(handle);
    return own ? `#${own.orderId}` : `a${ids.get(handle)}`;
  };
  for (const side of [SELL, BUY] as const) {
    const count = book.depth(side, LEVELS, depth);
    for (let level = 0; level < count; level++) {
      const ticks = depth.priceTicks[level];
      let sum = 0;
      for (const handle of book.handlesAt(ticks)) {
        const lots = book.shownLotsOf(handle);
        const behind = book.lotsOf(handle) - lots;
        sum += lots;
        lines.push(bookText(side, lots, ticks, who(handle)) + behindText(behind));
      }
      if (sum !== depth.lots[level]) lines.push(`level ${ticks} claims another sum`);
    }
    for (const { handle, priceTicks } of book.hiddenOf(side)) {
      lines.push(`hidden ${bookText(side, book.lotsOf(handle), priceTicks, who(handle))}`);
    }
  }
  return lines;
}

export function referenceStands(reference: ReferenceMargin): string[] {
  const { listings, cashMicros, account, interest } = reference;
  const open = reference.open();
  return [
    `cash ${cashMicros} held ${reference.heldMicros()}`,
    callText(account.call),
    owedText('interest', interest),
    ...listings.map((each) => owedText(each.instrument.symbol, reference.borrowingOf(each))),
    ...listings.map(({ instrument, position: { lots, costMicros, ...rest } }) =>
      positionText(instrument.symbol, lots, costMicros, rest),
    ),
    ...open.map((order) =>
      orderText(
        {
          ...order.ticket,
          ...order,
          orderId: String(order.number),
          leavesLots: order.quantityLots - order.filledLots,
        },
        order.wait?.triggerTicks,
      ),
    ),
    ...listings.flatMap((listing) => referenceBook(reference, listing)),
    ...listings.flatMap((listing) => referenceDay(reference, listing)),
  ];
}

function referenceBook(reference: ReferenceMargin, { book }: ReferenceListing): string[] {
  const open = reference.open();
  return ([SELL, BUY] as const).flatMap((side) => {
    const [hidden, shown] = [true, false].map((which) =>
      book
        .queue(side)
        .filter(({ isHidden }) => isHidden === which)
        .map(({ id, owner, priceTicks, lots, behind }) => {
          const own = owner === TRADER && open.find(({ bookId }) => bookId === id);
          const who = own ? `#${own.number}` : `a${id}`;
          return bookText(side, lots, priceTicks, who) + behindText(behind);
        }),
    );
    return [...shown, ...hidden.map((line) => `hidden ${line}`)];
  });
}

function referenceDay(reference: ReferenceMargin, listing: ReferenceListing): string[] {
  const { phase, phaseEndsNs, halt, bands, waiting } = listing;
  const lines = [`${phase} until ${phaseEndsNs}`];
  if (halt) lines.push(`halt ${halt.endsNs} ${halt.low} to ${halt.high}`);
  if (bands) lines.push(bandsText(bands.low, bands.high, bands.state, bands.nextNs));
  for (const { id, owner, side, lots, priceTicks, kind } of waiting) {
    const own = reference.orders.find(({ bookId }) => bookId === id);
    lines.push(`${kind} ${bookText(side, lots, priceTicks, own ? `#${own.number}` : `${owner}`)}`);
  }
  const isShown = isCollecting(phase) && phase !== 'halted';
  const trade = isShown ? reference.indication(listing) : null;
  if (trade) lines.push(`auction at ${trade.priceTicks}: ${trade.lots}, ${trade.surplus}`);
  return lines;
}
