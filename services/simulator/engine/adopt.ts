/**
 * Taking over what another engine version has recorded: its events say how orders, positions and
 * money stand, and that is believed as it is.
 */
import type { Execution, Position, VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { setTerms, takeFees } from './account-terms.ts';
import { collect, penKind } from './auction.ts';
import { Book } from './book.ts';
import { noAccrual } from './carry.ts';
import { concealOwn, isHidden } from './display-rules.ts';
import { timedOrders, watchAgain } from './exchange-snapshot.ts';
import type { ExchangeState } from './exchange-state.ts';
import { fifoOf } from './fifo-lots.ts';
import { newHalt } from './halts.ts';
import { openBands } from './limit-state.ts';
import { type Listing, sideCode } from './listing.ts';
import { numberOf } from './margin-call.ts';
import { restsWithMinimum, restWithMinimum } from './minimums.ts';
import { isOpen } from './order-status.ts';
import { restPegged } from './peg-entry.ts';
import { NEVER_NS, sessionAt } from './phases.ts';
import { beginLeg } from './receipts.ts';
import { TRADER } from './sides.ts';
import { isWaiting } from './triggers.ts';
import { WorkingOrders } from './working-orders.ts';

/** Events that are not about orders, positions or money are the venue's. */
export function adopt(state: ExchangeState, event: VenueEvent): void {
  state.nowNs = Math.max(state.nowNs, event.atNs);
  if ('order' in event) adoptOrder(state, { ...event.order });
  if (event.type === 'orderFilled') adoptExecution(state, event.execution);
  if (event.type === 'phaseChanged') {
    const listing = state.listing(event.symbol);
    if (listing) adoptPhase(state, listing, event);
  }
  if (event.type === 'stockSplit') adoptSplit(state.listing(event.symbol), event.priceTicks);
  if (event.type === 'riskChanged') state.setRisk(event.risk);
  if (event.type === 'positionChanged') adoptPosition(state, event.position);
  if (event.type === 'feesChanged') takeFees(state, event.fees);
  if (event.type === 'started' && event.terms) setTerms(state, event.terms);
  for (const listing of state.listings) listing.updateReserved();
  if ('account' in event) {
    state.settlement.restate(event.account.unsettledMicros ?? 0);
    state.interest = { ...noAccrual(), chargedMicros: event.account.interestMicros ?? 0 };
    state.marginCall = event.account.marginCall ?? null;
    state.startingCashMicros = event.account.startingCashMicros;
    state.cashMicros = event.account.cashMicros;
    state.dayOpenEquityMicros =
      event.account.dayOpenEquityMicros ?? event.account.startingCashMicros;
  }
}

function adoptPhase(
  state: ExchangeState,
  listing: Listing,
  { phase, endsNs, haltReason }: Extract<VenueEvent, { type: 'phaseChanged' }>,
): void {
  listing.setPhase(phase, state.nowNs);
  listing.halt = null;
  if (phase !== 'halted' && phase !== 'reopeningAuction') return;
  const seed = { lowTicks: 0, highTicks: 0, widthTicks: 0, extensions: 0 };
  listing.halt = { reason: haltReason ?? 'regulatory', endsNs: endsNs ?? NEVER_NS, ...seed };
}

/** Open orders are noted as resting under a handle that no book gives out: minus their number. */
function adoptOrder(state: ExchangeState, order: Order): void {
  state.blotter.add(order);
  // Their ids go on counting.
  if (order.liquidation) state.liquidations = Math.max(state.liquidations, numberOf(order));
  const listing = state.listing(order.symbol);
  if (!listing) return;
  listing.resting.delete(listing.resting.handleOfId(order.orderId));
  listing.waiting.delete(order.orderId);
  listing.held.delete(order.orderId);
  if (order.list) adoptMember(state, order, order.list.listId);
  const isUntouched = order.filledLots === 0 && order.progress?.triggeredNs == null;
  if (isOpen(order.status) && order.list?.role === 'child' && isUntouched) {
    listing.held.set(order.orderId, order);
  } else if (isOpen(order.status) && isWaiting(order)) {
    listing.waiting.set(order.orderId, order);
  } else if (isOpen(order.status)) {
    listing.resting.set(-Number(order.orderId), order);
  }
}

/** A child is taken to be held back; its list brings it in line when the books are open again. */
function adoptMember(state: ExchangeState, order: Order, listId: string): void {
  const members = state.lists.get(listId) ?? [];
  const others = members.filter(({ orderId }) => orderId !== order.orderId);
  const all = [...others, order].sort((a, b) => Number(a.orderId) - Number(b.orderId));
  if (all.some(({ status }) => isOpen(status))) state.lists.set(listId, all);
  else state.lists.delete(listId);
}

function adoptExecution(state: ExchangeState, execution: Execution): void {
  state.executionCount = Math.max(state.executionCount, Number(execution.executionId));
  state.addExecution(execution);
  const listing = state.listing(execution.symbol);
  if (listing) listing.lastTradeTicks = execution.priceTicks;
}

function adoptSplit(listing: Listing | undefined, priceTicks: number): void {
  if (!listing) return;
  listing.lastTradeTicks = priceTicks;
  listing.bands?.noteClose(priceTicks);
}

function adoptPosition(state: ExchangeState, position: Position): void {
  const listing = state.listing(position.symbol);
  if (!listing) return;
  listing.position = {
    lots: position.quantityLots,
    costMicros: position.costMicros,
    realisedMicros: position.realisedMicros,
    feesMicros: position.feesMicros,
  };
  listing.borrowing = { ...noAccrual(), chargedMicros: position.borrowFeesMicros ?? 0 };
  listing.dividendsMicros = position.dividendsMicros ?? 0;
  // Which lots are open is not told: they are one from here on.
  const { quantityLots: lots, costMicros } = position;
  const fifoCost = position.fifoCostMicros ?? costMicros;
  listing.fifo = fifoOf({
    open: lots === 0 ? [] : [{ lots, costMicros: fifoCost }],
    realisedMicros: position.fifoRealisedMicros ?? position.realisedMicros,
  });
}

/** Fresh books that hold the trader's open orders only, oldest first. */
export function reopenBooks(state: ExchangeState): void {
  const positions = state.listings.map(({ position, borrowing, dividendsMicros }) => ({
    ...position,
    borrowFeesMicros: borrowing.chargedMicros,
    dividendsMicros,
  }));
  const { interest, cashMicros, startingCashMicros } = state;
  state.ledger.restate(cashMicros, startingCashMicros, interest.chargedMicros, positions);
  for (const listing of state.listings) {
    listing.book = new Book({ capacity: 1_024 });
    listing.resting = new WorkingOrders();
    listing.pen = new Map();
    listing.penTouch.fill(0);
    listing.bookChanged = true;
    resumePhase(listing, state.nowNs);
  }
  for (const listing of state.listings) {
    if (listing.phase === 'continuous') openBands(state, listing);
  }
  for (const order of state.blotter.open()) {
    const listing = state.listing(order.symbol);
    if (!listing || isWaiting(order)) continue;
    if (listing.held.has(order.orderId)) continue;
    const { book } = listing;
    const side = sideCode(order.side);
    const limitTicks = order.limitTicks ?? listing.protectionTicks(side);
    const isCollected = listing.isCollecting && !restsWithMinimum(order) && order.type !== 'pegged';
    if (isCollected || order.timeInForce === 'cls') {
      const kind = penKind(order);
      const held = collect(state, listing, TRADER, side, limitTicks, order.leavesLots, kind);
      listing.resting.set(held, order);
      if (isHidden(order)) listing.penTouch[side] = undefined;
      beginLeg(state, listing, order, 'waiting');
      continue;
    }
    if (order.type === 'pegged') {
      order.progress = { ...order.progress, pegTicks: null };
      restPegged(state, listing, order, side);
      continue;
    }
    if (restsWithMinimum(order)) {
      restWithMinimum(state, listing, order, side, limitTicks);
      continue;
    }
    const handle = book.submit(TRADER, side, limitTicks, order.leavesLots, 0);
    listing.resting.set(handle, order);
    concealOwn(state, listing, handle, order);
    beginLeg(state, listing, order, 'resting', handle);
  }
  for (const listing of state.listings) listing.updateReserved();
  state.timed = timedOrders(state);
  // What no event tells, e.g. that a child has come alive, shows when its list is looked at.
  state.touchedLists = new Set(state.lists.keys());
  watchAgain(state);
  state.accountTold();
}

/** A halt goes on, and so does its auction with a collar of its own; else it is as the session says. */
function resumePhase(listing: Listing, nowNs: number): void {
  const { phase, endsNs } = sessionAt(listing.session, nowNs);
  if (listing.halt === null) {
    listing.setPhase(phase, endsNs);
    return;
  }
  listing.halt = newHalt(listing, listing.halt.reason, listing.halt.endsNs);
  listing.setPhase(listing.phase, Math.min(listing.halt.endsNs, endsNs));
}
