/** What a fill of the trader's does to order, position and cash. */
import type { Execution } from '@sandpit/schemas/event.ts';
import type { Order, OrderStatus, RejectReason } from '@sandpit/schemas/order.ts';
import type { Micros, PriceTicks, QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import type { ExchangeState } from './exchange-state.ts';
import { applyFifo } from './fifo-lots.ts';
import { invariant } from './invariant.ts';
import type { Ledger } from './ledger.ts';
import { type Listing, sideCode } from './listing.ts';
import { notionalMicros, safe } from './money.ts';
import { checkTransition, isOpen } from './order-status.ts';
import { applyFill } from './position.ts';
import { noteFill } from './receipts.ts';

/** Books one fill. The caller keeps `listing.resting` and, once at the end, the reserves right. */
export function settleFill(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  priceTicks: number,
  lots: number,
  liquidity: Execution['liquidity'],
): void {
  const { instrument } = listing;
  const notional = safe(notionalMicros(priceTicks, lots, instrument));
  const { feeMicros: fee, commissionMicros } = listing.fees.ofFill(
    liquidity,
    notional,
    lots,
    order,
  );
  const side = sideCode(order.side);
  const costBefore = listing.position.costMicros;
  const realised = applyFill(listing.position, side, priceTicks, lots, fee, instrument);
  applyFifo(listing.fifo, side, priceTicks, lots, instrument);
  const cash = (order.side === 'buy' ? -notional : notional) - fee;
  state.cashMicros = safe(state.cashMicros + cash);
  state.settlement.noteFill(instrument, cash);
  state.ledger.postFill(listing.index, cash, {
    costMicros: listing.position.costMicros - costBefore,
    realisedMicros: realised,
    feesMicros: fee,
  });
  invariant(lots <= order.leavesLots, 'an order never trades more than its quantity');
  order.filledLots += lots;
  order.leavesLots -= lots;
  order.notionalMicros = safe(order.notionalMicros + notional) as Micros;
  order.feesMicros = (order.feesMicros + fee) as Micros;
  if (listing.fees.hasCommission) {
    order.commissionMicros = ((order.commissionMicros ?? 0) + commissionMicros) as Micros;
  }
  setStatus(state, order, order.leavesLots === 0 ? 'filled' : 'partiallyFilled');
  noteFill(state, listing, order, lots, liquidity);
  state.touchListOf(order);
  state.executionCount++;
  const plain: Execution = {
    executionId: state.executionIds.of(state.executionCount),
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: instrument.symbol,
    side: order.side,
    priceTicks: priceTicks as PriceTicks,
    quantityLots: lots as QuantityLots,
    notionalMicros: notional as Micros,
    feeMicros: fee as Micros,
    realisedMicros: realised as Micros,
    liquidity,
    atNs: state.nowNs as SimNs,
  };
  const told = order.liquidation ? withLiquidation(plain) : plain;
  const { hasCommission } = listing.fees;
  const execution = hasCommission ? withCommission(told, commissionMicros) : told;
  state.addExecution(execution);
  state.positionMoved(listing);
  state.emitFill(order, execution);
}

function withLiquidation({ atNs, ...head }: Execution): Execution {
  return { ...head, liquidation: true, atNs };
}

/** In its place between the other amounts, so that records keep their bytes. */
function withCommission(plain: Execution, commissionMicros: number): Execution {
  const { realisedMicros, liquidity, atNs, ...head } = plain;
  const commission = commissionMicros as Micros;
  return { ...head, commissionMicros: commission, realisedMicros, liquidity, atNs };
}

/** Ends an order that is no longer in the book. `reason` says why when the trader did not ask. */
export function endOrder(
  state: ExchangeState,
  order: Order,
  status: 'canceled' | 'expired',
  reason: RejectReason | null,
): void {
  order.leavesLots = 0;
  order.rejectReason = reason;
  state.touchListOf(order);
  setStatus(state, order, status);
  state.emitOrder(status === 'canceled' ? 'orderCanceled' : 'orderExpired', order);
}

function setStatus(state: ExchangeState, order: Order, status: OrderStatus): void {
  checkTransition(order.status, status);
  order.status = status;
  if (!isOpen(status)) state.blotter.noteDone(order);
  order.updatedNs = state.nowNs as SimNs;
}

/**
 * Money moves, it is never made: the ledger sums to zero, what cash has changed by is what positions
 * cost, plus what they have earned, less fees, and the ledger, the account, the positions and their
 * lots under first in, first out say the same.
 *
 * @throws when it does not balance to the last micro.
 */
export function checkBalance(state: ExchangeState): void {
  const { ledger, interest } = state;
  // Asked one by one, after every command: the law is only called when it is broken.
  if (ledger.totalMicros !== 0) invariant(false, 'the ledger balances to zero');
  if (ledger.cashMicros !== state.cashMicros || ledger.capitalMicros !== state.startingCashMicros)
    invariant(false, 'the ledger and the account agree');
  if (ledger.interestMicros !== interest.chargedMicros + interest.accruedMicros)
    invariant(false, 'the ledger and the interest agree');
  let accrued = interest.accruedMicros;
  let expected = state.startingCashMicros - interest.chargedMicros;
  for (const listing of state.listings) {
    const { position, borrowing } = listing;
    expected += position.realisedMicros - position.feesMicros - position.costMicros;
    expected += listing.dividendsMicros - borrowing.chargedMicros;
    accrued += borrowing.accruedMicros;
    checkListing(ledger, listing);
  }
  if (ledger.accruedMicros !== accrued) invariant(false, 'what is owed is what has accrued');
  if (state.cashMicros !== expected) invariant(false, 'trades move money, they never create it');
}

function checkListing(ledger: Ledger, listing: Listing): void {
  const { fifo } = listing;
  const { lots, costMicros, realisedMicros } = listing.position;
  if (lots !== 0 ? costMicros * lots < 0 : costMicros !== 0)
    invariant(false, 'the cost of a position has its sign, and a flat one costs nothing');
  if (!ledger.agreesWith(listing)) invariant(false, 'the ledger and the position agree');
  if (fifo.lots !== lots || fifo.realisedMicros - fifo.costMicros !== realisedMicros - costMicros)
    invariant(false, 'both ways of counting lots lead to the same profit');
}
