/** A running venue with many resting orders, for what must hold or be quick at size. */
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import { BUY, NO_TRADER, SELL } from '../../engine/book.ts';
import type { SimulatedVenue } from '../simulated-venue.ts';
import { SYMBOL, scenarioWith, startedDesk } from './commands.ts';

/** Of the trader's, waiting ones among them. */
const OWN_ORDERS = 100;
/** Prices on each side over which the others are spread. */
const PRICES = 400;

/** @param restingOrders  In all books together, the crowd's and the trader's. */
export function fullVenue(restingOrders: number): SimulatedVenue {
  const desk = startedDesk(scenarioWith());
  const venue = desk.venue as SimulatedVenue;
  const { exchange } = venue;
  const listing = exchange.listings.find(({ instrument }) => instrument.symbol === SYMBOL)!;
  const { bestBid, bestAsk } = listing.book;
  const count = () => exchange.listings.reduce((sum, { book }) => sum + book.orderCount, 0);
  for (let i = 0; i < OWN_ORDERS; i++) {
    const waits = i % 10 === 0 ? { type: 'stopLimit', side: 'buy', limitTicks: bestAsk + 200 } : {};
    const terms = {
      side: 'buy',
      limitTicks: bestBid - 1 - (i % 50),
      quantityLots: 1 + i,
      ...waits,
    };
    const instructions = i % 10 === 0 ? { stopTicks: bestAsk + 150 + i } : undefined;
    desk.order({ ...terms, ...(instructions && { instructions }) } as Partial<OrderTicket>);
  }
  for (let i = 0; count() < restingOrders; i++) {
    const side = i % 2 === 0 ? BUY : SELL;
    const away = 20 + ((i >> 1) % PRICES);
    const ticks = side === BUY ? bestBid - away : bestAsk + away;
    exchange.submit(listing.index, NO_TRADER, side, ticks, 1 + (i % 97), 0);
  }
  return venue;
}
