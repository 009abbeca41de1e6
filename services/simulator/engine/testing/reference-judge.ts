/** Why the reference refuses an order: by its terms, its phase, and by trying it on a copy. */
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { markOf } from './reference-account.ts';
import {
  type Around,
  collarPpmOf,
  isWorthTooMuch,
  mayOpen,
  reasonOfExposure,
  reasonOfSize,
} from './reference-limits.ts';
import { contradictsList, type NewList, roleAt } from './reference-lists.ts';
import {
  collarAround,
  contradictsDisplay,
  contradictsMinimum,
  fitsPhase,
  isCollected,
  isWhole,
  keepsItsPlace,
  mayRest,
  priceToJudgeBy,
  quoteOf,
  type ReferenceListing,
  reasonOfPhase,
  reducibleOf,
  restsWithMinimum,
  type Terms,
  withinBands,
  worstTicks,
} from './reference-order.ts';
import { isPeg } from './reference-pegs.ts';
import { ReferenceTrading } from './reference-trading.ts';
import {
  beginToWait,
  contradictsItself,
  doubledReference,
  fires,
  hasInvalidPrices,
  trails,
  waitsForPrice,
} from './reference-triggers.ts';

export class ReferenceJudge extends ReferenceTrading {
  reasonAgainstList(command: NewList): RejectReason | null {
    if (contradictsList(command)) return 'invalidInstructions';
    const { tickets, contingency } = command;
    if (this.open().length + tickets.length > this.rate.openMost) return 'tooManyOpenOrders';
    for (const [i, ticket] of tickets.entries()) {
      const { quantityLots, limitTicks } = ticket;
      const waits = waitsForPrice(ticket);
      const [entry] = tickets;
      const isChild = roleAt(contingency, i) === 'child';
      const closes = isChild && ticket.side !== entry.side && quantityLots <= entry.quantityLots;
      const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: null, closes };
      // The position that a child is to close does not exist yet.
      const reason = isChild ? this.reasonInTerms(terms, i) : this.reasonAgainst(terms, i);
      if (reason !== null) return reason;
    }
    return null;
  }

  around(listing: ReferenceListing): Around {
    return { listing, open: this.openIn(listing), limits: this.rate.limits };
  }

  /** What of an order that closes or turns a position can be said before others are out of its way. */
  reasonAgainstClosing(terms: Terms, listing: ReferenceListing): RejectReason | null {
    const around = this.around(listing);
    const alone = { ...terms, isAlone: true };
    const reason = reasonOfPhase(terms, listing) ?? reasonOfSize(around, alone);
    if (reason !== null) return reason;
    const isTooFast = this.rate.isExceeded(this.nowNs, 0) && mayOpen(around, alone) > 0;
    return isTooFast ? 'orderRateExceeded' : reasonOfExposure(around, alone);
  }

  /** An open order comes to the market, or comes to it with more. */
  reasonAtMarket(open: Terms): RejectReason | null {
    const { ticket, quantityLots, replaces } = open;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol)!;
    const terms = { ...open, isEntering: true };
    const around = this.around(listing);
    const wanted = quantityLots - (replaces?.filledLots ?? 0);
    if (wanted <= reducibleOf(listing, ticket.side) || mayOpen(around, terms) === 0) return null;
    if (isWorthTooMuch(around, terms)) return 'orderNotionalExceeded';
    return reasonOfExposure(around, terms);
  }

  /** @param before  Orders of the same list that were judged before it. */
  reasonInTerms(terms: Terms, before = 0): RejectReason | null {
    const { ticket, quantityLots, limitTicks, waits, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol);
    if (!listing) return 'unknownSymbol';
    const { instrument } = listing;
    const keeps = keepsItsPlace(terms);
    const reason = keeps ? null : reasonOfPhase(terms, listing);
    if (reason !== null) return reason;
    if (hasInvalidPrices(ticket, limitTicks, waits)) return 'invalidPrice';
    // Until it has met the book it is a market order.
    const hasNoLimit = replaces?.limitTicks === null && ticket.type === 'marketToLimit';
    if (hasNoLimit && limitTicks !== null) return 'invalidPrice';
    if (!isWhole(quantityLots, instrument.maxOrderLots)) return 'invalidQuantity';
    if (contradictsItself(ticket, waits, this.nowNs)) return 'invalidInstructions';
    if (contradictsDisplay(terms) || contradictsMinimum(terms)) return 'invalidInstructions';
    const isForAuction = ['opg', 'cls'].includes(ticket.timeInForce);
    if (isForAuction && (waits || listing.session === null)) return 'invalidInstructions';
    if (!keeps && !fitsPhase(terms, listing)) return 'notInThisPhase';
    if (replaces && quantityLots <= replaces.filledLots) return 'quantityBelowFilled';
    const around = waits ? ticket.instructions!.stopTicks! : priceToJudgeBy(listing);
    const beside = this.around(listing);
    const collarPpm = collarPpmOf(beside, terms);
    const [low, high] = limitTicks === null ? [0, 0] : collarAround(around, { collarPpm });
    const isOutside = limitTicks !== null && (limitTicks < low || limitTicks > high);
    if (isOutside && !keeps && !terms.isEntering) return 'priceOutsideCollar';
    const mayStay = waits || isCollected(terms, listing) || mayRest(terms);
    const tooLarge = reasonOfSize(beside, terms);
    if (tooLarge !== null) return tooLarge;
    const isFull = this.open().length >= this.rate.openMost;
    if (mayStay && !replaces && isFull) return 'tooManyOpenOrders';
    if (mayOpen(beside, terms) === 0) return null;
    if (!terms.isEntering && this.rate.isExceeded(this.nowNs, before)) return 'orderRateExceeded';
    if (!replaces && this.rate.isRepeated(this.orders, ticket, this.nowNs)) return 'duplicateOrder';
    return null;
  }

  reasonAgainst(terms: Terms, before = 0): RejectReason | null {
    const reason = this.reasonInTerms(terms, before);
    if (reason !== null) return reason;
    const { ticket, quantityLots, waits, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol)!;
    const wanted = quantityLots - (replaces?.filledLots ?? 0);
    const reducible = this.reducible(listing, ticket.side, replaces);
    const { instrument } = listing;
    if (ticket.side === 'sell' && !this.account.mayShort(instrument) && wanted > reducible) {
      return 'notShortable';
    }
    const exposed = reasonOfExposure(this.around(listing), terms);
    if (exposed !== null) return exposed;
    if (ticket.instructions?.reduceOnly && !waits && reducibleOf(listing, ticket.side) === 0) {
      return 'reduceOnlyWouldIncrease';
    }
    if (keepsItsPlace(terms)) return null;
    if (isPeg(terms) && !waits) return this.reasonNotToRest(terms);
    if (isCollected(terms, listing)) return this.reasonNotToCollect(terms, wanted, reducible);
    return waits
      ? this.reasonNotToWait(terms, wanted, reducible)
      : this.reasonAfterTrying(terms, wanted, reducible);
  }

  /** Money is all that a peg is asked for. */
  reasonNotToRest(terms: Terms): RejectReason | null {
    const { copy, opens } = this.parked(terms);
    return this.reasonOfMoney(copy, opens);
  }

  /** The same of one that is open already: a call does not end it. */
  reasonNotToMove(terms: Terms): RejectReason | null {
    const { copy, opens } = this.parked(terms);
    return opens && this.lacks(copy) ? this.lack : null;
  }

  parked(terms: Terms): { copy: ReferenceTrading; opens: boolean } {
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    const listing = copy.listingOf(order);
    const wanted = terms.quantityLots - (terms.replaces?.filledLots ?? 0);
    const reducible = this.reducible(listing, terms.ticket.side, terms.replaces);
    copy.park(listing, order);
    return { copy, opens: wanted > reducible };
  }

  reasonNotToCollect(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    copy.collect(copy.listingOf(order), order);
    const reason = this.reasonOfMoney(copy, wanted > reducible);
    if (reason !== null) return reason;
    return this.wouldMeetOwn(terms) ? 'selfTrade' : null;
  }

  /** Two of his orders must not meet in an auction: later nobody is there to ask. */
  wouldMeetOwn(terms: Terms): boolean {
    const { ticket, limitTicks, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol)!;
    const isForAuction = isCollected(terms, listing);
    if (!isForAuction && !mayRest(terms)) return false;
    const asked = worstTicks(listing, ticket, limitTicks);
    const ticks = isForAuction ? asked : withinBands(listing, ticket.side, asked);
    return this.openIn(listing).some((other) => {
      const { bookId, ticket: its } = other;
      if (bookId === null || other.number === replaces?.number || its.side === ticket.side) {
        return false;
      }
      const waiting = listing.waiting.find(({ id }) => id === bookId);
      if (restsWithMinimum(other) || isPeg(other) || (!isForAuction && !waiting)) return false;
      const at = (waiting ?? listing.book.orders.find(({ id }) => id === bookId))!.priceTicks;
      return ticket.side === 'buy' ? at <= ticks : at >= ticks;
    });
  }

  reasonNotToWait(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks } = terms;
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    const listing = copy.listingOf(order);
    const doubled = doubledReference(listing, ticket);
    if (!trails(ticket) && fires(ticket, doubled, ticket.instructions!.stopTicks!)) {
      return 'triggerPriceReached';
    }
    // A trailing order keeps its trigger when it is replaced.
    if (order.wait === null || !trails(ticket)) {
      order.wait = beginToWait(listing, ticket, limitTicks);
    }
    return this.reasonOfMoney(copy, wanted > reducible);
  }

  /** @param opens  Whoever only reduces is asked for nothing. */
  reasonOfMoney(copy: ReferenceTrading, opens: boolean): RejectReason | null {
    if (!opens) return null;
    if (this.account.call !== null) return 'marginCall';
    return this.lacks(copy) ? this.lack : null;
  }

  /** At the marks as they stand before it. */
  lacks(copy: ReferenceTrading): boolean {
    const marks = this.listings.map(markOf);
    return !this.account.suffices(copy.cashMicros, copy.heldMicros(), copy.listings, marks);
  }

  get lack(): RejectReason {
    const { type } = this.account.terms;
    return type === 'margin' ? 'insufficientMargin' : 'insufficientBuyingPower';
  }

  /** Executes on a copy, whatever it costs and however little it finds, and looks at the result. */
  reasonAfterTrying(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks } = terms;
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    const before = order.filledLots;
    const stopped = copy.work(order, true);
    const traded = order.filledLots - before;
    if (ticket.postOnly && (!mayRest(terms) || traded > 0 || stopped)) return 'postOnlyWouldCross';
    const reason = this.reasonOfMoney(copy, wanted > reducible);
    if (reason !== null) return reason;
    const mode = ticket.instructions?.selfTradePrevention ?? 'expireTaker';
    if (limitTicks === null && traded === 0 && !stopped) {
      return this.isBeyondBand(terms) ? 'priceOutsideBands' : 'noLiquidity';
    }
    if (ticket.timeInForce === 'fok' && traded < wanted) return 'fillOrKillNotFilled';
    const { minimumLots } = ticket.instructions ?? {};
    if (ticket.timeInForce === 'ioc' && traded < (minimumLots ?? 0)) return 'minimumQuantityNotMet';
    // One with a minimum cannot go on past an own order, whatever its mode.
    const stops = mode === 'expireTaker' || restsWithMinimum(terms);
    if (stopped && traded === 0 && stops) return 'selfTrade';
    return this.wouldMeetOwn(terms) ? 'selfTrade' : null;
  }

  /** Somebody is there, but beyond the band. */
  isBeyondBand({ ticket }: Terms): boolean {
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol)!;
    const { bid, ask } = quoteOf(listing);
    const other = ticket.side === 'buy' ? ask : bid;
    return other !== 0 && withinBands(listing, ticket.side, other) !== other;
  }
}
