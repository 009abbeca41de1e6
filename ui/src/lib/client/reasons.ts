/** What the venue's and the gate's codes mean to a trader. */
import type { RejectReason } from '@sandpit/schemas/order.ts';

/** What was wrong, then what to do about it. */
const REASONS: Readonly<Record<RejectReason, string>> = {
  simulatorHalted:
    'The venue is halted. Open orders can be canceled; start a new simulator to trade.',
  quotaExceeded:
    'This simulator was put away, and you run as many others as you may. Stop one of them or put one away, then wake this one.',
  deadlineExceeded: 'It reached the venue too late and was not carried out. Send it again.',
  timeNotAhead:
    'The market is past that time, or it is more than eight hours away. Choose one between.',
  duplicateClientOrderId: 'An order with this id exists already. Look for it among your orders.',
  unknownOrder: 'The venue does not know this order. Reload to see the orders that it knows.',
  tooLateToCancel: 'The order is done already. Its fills are under Executions.',
  unknownSymbol: 'The venue does not trade this instrument. Choose one from the tabs.',
  killSwitchEngaged: 'The kill switch is on: only cancels pass. Lift it to trade.',
  limitBeyondTier: 'Your tier does not allow so much. Ask for a tighter limit.',
  instrumentHalted:
    'Trading in this instrument is halted. Limit orders wait for its reopening auction; cancels pass.',
  instrumentNotHalted: 'This instrument is not halted. There is nothing to reopen.',
  marketClosed: 'The market is closed. Cancels pass; orders are taken again before the open.',
  invalidPrice: 'A price is missing or off the grid. Use steps of the tick size.',
  invalidQuantity: 'The quantity is not allowed. Use whole lots, up to the largest order.',
  invalidInstructions:
    'The conditions contradict each other or lie in the past. Check them under More.',
  notInThisPhase:
    'Not in this phase of the trading day. Use good till canceled, or day, or a market order.',
  quantityBelowFilled: 'More than that is filled already. Ask for more than the filled quantity.',
  priceOutsideCollar: 'The price is too far from the market. Move it closer.',
  orderSizeExceeded: 'Larger than your limit for one order. Make it smaller.',
  orderNotionalExceeded: 'Worth more than your limit for one order. Make it smaller.',
  tooManyOpenOrders: 'Too many open orders. Cancel one first.',
  orderLimitReached: 'This simulator has taken as many orders as it can. Start a new one.',
  orderRateExceeded: 'More orders in a second than your limit allows. Wait a moment.',
  duplicateOrder: 'The same order again, within your limit for repeats. Wait, or change it.',
  notShortable:
    'It cannot be sold short: not this instrument, or not from this account. Sell what you hold.',
  borrowUnavailable: 'Not so much can be borrowed to sell short. Sell less.',
  positionLimitExceeded: 'The position could grow beyond your limit. Trade less, or cancel orders.',
  reduceOnlyWouldIncrease:
    'No position is left for it to reduce. Turn reduce-only off to open one.',
  triggerPriceReached:
    'The market is at the trigger already. Move the trigger, or trade at market.',
  postOnlyWouldCross:
    'Post-only, and it would have traded at once. Move the price back, or let it slide.',
  marginCall: 'Your account is under a margin call. Only orders that reduce a position are taken.',
  insufficientBuyingPower: 'Not enough buying power. Lower the quantity or cancel open orders.',
  insufficientMargin:
    'Equity would not cover the initial margin. Lower the quantity or reduce a position.',
  priceOutsideBands:
    'Its price is beyond the price band, where nothing may trade. Wait until the band moves, or use a limit.',
  noLiquidity: 'Nobody was there to trade with. Try a limit order, which can wait.',
  fillOrKillNotFilled:
    'Not all of it could be filled at once. Lower the quantity or let a rest wait.',
  minimumQuantityNotMet:
    'The minimum quantity was not to be had at once. Lower it, or better the price.',
  selfTrade:
    'It would have traded with your own order. Cancel that one, or choose another rule under More.',
  sessionDisconnected:
    'Your connection was gone for longer than its grace period; this order was canceled for you. Enter it again if you still want it.',
  deadManExpired:
    'Your dead-man timer ran out; this order was canceled for you. Renew the timer, then enter it again.',
  contingency: 'Another order of its list ended it. Look at the list’s other orders.',
  corporateAction:
    'A corporate action ended it: the instrument trades on another scale. Enter it anew at a new price.',
  internalError: 'The venue could not process it; nothing was traded. Try again.',
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
