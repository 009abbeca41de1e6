/** The trader's orders through risk, account and settlement, in a book that a crowd has filled. */
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import { NO_TRADER } from '../services/simulator/engine/book.ts';
import { Exchange } from '../services/simulator/engine/exchange.ts';
import { LISTING } from './books.ts';
import { MID_TICKS, type Operations } from './operations.ts';

/** Three commands each: an order that rests, its cancel, an order that trades. */
const ROUNDS = 8_000;
const STARTING_CASH_MICROS = 100_000_000_000_000;

/** Commands per second. */
export function tradersPerSecond(operations: Operations): number {
  const exchange = new Exchange([LISTING], 'USD');
  exchange.deposit(STARTING_CASH_MICROS);
  const { preload, side, priceTicks, lots } = operations;
  for (let i = 0; i < preload; i++) {
    exchange.submit(0, NO_TRADER, side[i] as 0 | 1, priceTicks[i]!, lots[i]!, 0);
  }
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) trade(exchange, round);
  return (ROUNDS * 3) / ((performance.now() - started) / 1_000);
}

function trade(exchange: Exchange, round: number): void {
  exchange.setNow(round);
  const rest = ticket(`r${round}`, 'buy', MID_TICKS - 50);
  const [accepted] = exchange.execute({ type: 'newOrder', ticket: rest }, `a${round}`, null);
  if (accepted?.type !== 'orderAccepted') throw new Error(`bench: ${JSON.stringify(accepted)}`);
  const { orderId } = accepted.order;
  exchange.execute({ type: 'cancelOrder', orderId }, `b${round}`, null);
  // Buying and selling in turn, so that the position stays small.
  const take = ticket(`t${round}`, round % 2 === 0 ? 'buy' : 'sell', null);
  const events = exchange.execute({ type: 'newOrder', ticket: take }, `c${round}`, null);
  if (!events.some(({ type }) => type === 'orderFilled')) {
    throw new Error(`bench: ${JSON.stringify(events)}`);
  }
}

const ticket = (
  clientOrderId: string,
  side: 'buy' | 'sell',
  limitTicks: number | null,
): OrderTicket => ({
  clientOrderId,
  symbol: LISTING.instrument.symbol,
  side,
  type: limitTicks === null ? 'market' : 'limit',
  quantityLots: 1 as QuantityLots,
  limitTicks: limitTicks as PriceTicks | null,
  timeInForce: limitTicks === null ? 'ioc' : 'gtc',
  postOnly: false,
});
