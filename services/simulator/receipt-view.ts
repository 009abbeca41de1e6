/** An order's receipt as the engine keeps it -> the shape of the wire. Pure. */
import { averagePriceText, moneyText, priceText, quantityText } from '@sandpit/schemas/decimal.ts';
import type { FillExplanation, FillReceipt, ReceiptLeg } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import { commissionView, simulatedIso } from '../platform/views.ts';
import type { Leg, OrderReceipt } from './engine/receipts.ts';

interface When {
  opensAtMs: number;
  nowNs: number;
}

/** Without the fills and the cursor, which are the replica's to know. */
export function receiptView(
  receipt: OrderReceipt,
  instrument: Instrument,
  when: When,
): Omit<FillReceipt, 'fills' | 'sequence'> {
  const { order, firstFillNs, lastFillNs } = receipt;
  const since = (ns: number | null) => (ns === null ? null : ns - order.createdNs);
  return {
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    status: order.status,
    rejectReason: order.rejectReason,
    explanation: explanationOf(receipt),
    enteredAt: simulatedIso(order.createdNs, when.opensAtMs),
    timeToFirstFillNs: since(firstFillNs),
    timeToLastFillNs: since(lastFillNs),
    filledQuantity: quantityText(order.filledLots, instrument),
    makerQuantity: quantityText(receipt.makerLots, instrument),
    takerQuantity: quantityText(receipt.takerLots, instrument),
    averagePrice: averagePriceText(order.notionalMicros, order.filledLots, instrument),
    fees: moneyText(order.feesMicros),
    ...commissionView(order),
    quantityAhead: quantityText(receipt.aheadLots, instrument),
    legs: receipt.legs.map((leg) => legView(leg, instrument, when)),
    legCount: receipt.legCount,
  };
}

function legView(leg: Leg, instrument: Instrument, { opensAtMs, nowNs }: When): ReceiptLeg {
  return {
    kind: leg.kind,
    price: leg.kind === 'resting' ? priceText(leg.priceTicks, instrument) : null,
    from: simulatedIso(leg.fromNs, opensAtMs),
    to: leg.toNs === null ? null : simulatedIso(leg.toNs, opensAtMs),
    durationNs: (leg.toNs ?? nowNs) - leg.fromNs,
    quantityAheadAtEntry: quantityText(leg.aheadLots, instrument),
    tradedAhead: quantityText(leg.tradedAheadLots, instrument),
    canceledAhead: quantityText(leg.canceledAheadLots, instrument),
  };
}

/** What decided the order's fate, or does at present. */
export function explanationOf(receipt: OrderReceipt): FillExplanation {
  const { order, makerLots, legs, aheadLots } = receipt;
  if (order.status === 'rejected') return 'refused';
  const leg = legs.at(-1);
  // A child that its entry has not called stands nowhere.
  if (order.list?.role === 'child' && !leg)
    return TERMINAL_STATUSES.has(order.status) ? 'endedBeforeEntry' : 'awaitsEntry';
  if (!TERMINAL_STATUSES.has(order.status)) {
    if (leg?.kind === 'waiting' && order.type === 'pegged') return 'waitsForReference';
    if (leg?.kind === 'waiting') return 'waitsForTrigger';
    return aheadLots > 0 ? 'behindOthers' : 'firstInQueue';
  }
  if (makerLots > 0) return 'reachedTheFront';
  if (order.status === 'filled') return 'tookLiquidity';
  if (leg?.kind === 'waiting' && order.type === 'pegged') return 'endedWithoutTradeAtPrice';
  if (leg?.kind === 'waiting' && order.progress?.triggeredNs == null) return 'endedBeforeTrigger';
  if (leg?.kind !== 'resting') return 'ranOutOfLiquidity';
  return leg.tradedAheadLots > 0 ? 'endedBehindOthers' : 'endedWithoutTradeAtPrice';
}
