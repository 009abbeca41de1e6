/** What the venue's and the gate's codes mean to a trader. */
import type { RejectReason } from '@sandpit/schemas/order.ts';

const REASONS: Record<RejectReason, string> = {
  simulatorHalted: 'The venue is halted.',
  deadlineExceeded: 'It reached the venue too late and was not carried out.',
  duplicateClientOrderId: 'An order with this id exists already.',
  unknownOrder: 'The venue does not know this order.',
  tooLateToCancel: 'Too late: the order is already done.',
  unknownSymbol: 'The venue does not trade this instrument.',
  invalidPrice: 'The price is not on the grid.',
  invalidQuantity: 'The quantity is not allowed.',
  invalidInstructions: 'These conditions do not go together.',
  quantityBelowFilled: 'More than that is filled already.',
  priceOutsideCollar: 'The price is too far from the market.',
  tooManyOpenOrders: 'Too many open orders. Cancel one first.',
  orderLimitReached: 'This simulator has taken as many orders as it can.',
  notShortable: 'The instrument cannot be sold short.',
  reduceOnlyWouldIncrease: 'Reduce-only: there is no position left for it to reduce.',
  triggerPriceReached: 'The trigger price is reached already.',
  postOnlyWouldCross: 'Post-only: it would have traded at once.',
  insufficientBuyingPower: 'Not enough buying power.',
  noLiquidity: 'Nobody was there to trade with.',
  fillOrKillNotFilled: 'Fill-or-kill: not all of it could be filled.',
  minimumQuantityNotMet: 'The minimum quantity could not be filled.',
  selfTrade: 'It would have traded with your own order.',
  internalError: 'The venue could not process it.',
};

export function reasonText(reason: string | null | undefined): string {
  if (!reason) return '';
  return REASONS[reason as RejectReason] ?? reason;
}

export const STATUS_TEXTS: Record<string, string> = {
  pendingNew: 'Sending',
  new: 'Working',
  partiallyFilled: 'Part filled',
  filled: 'Filled',
  pendingCancel: 'Canceling',
  canceled: 'Canceled',
  replaced: 'Replaced',
  rejected: 'Rejected',
  expired: 'Expired',
};
