/** What most tests of the exchange begin with. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Contingency } from '@sandpit/schemas/order.ts';
import type { TradingSession } from '@sandpit/schemas/session.ts';
import type { Exchange } from '../exchange.ts';
import { ACME, agent, FREE, submit, ticket } from './desk.ts';

/** An instrument without fees. */
export const free = { ...ACME, ...FREE };

/** Pre-open to 10 s, opening auction to 20, trading to 120, closing auction to 130, then closed. */
export const sessionWith = (closedSeconds: number): TradingSession => ({
  preOpenSeconds: 10,
  openingAuctionSeconds: 10,
  continuousSeconds: 100,
  closingAuctionSeconds: 10,
  closedSeconds,
});

/** Gives the trader a position, bought or sold at one price. */
export function hold(exchange: Exchange, lots: number, ticks = 100): void {
  agent(exchange, `${lots > 0 ? 'S' : 'B'} ${Math.abs(lots)}@${ticks}`, 50);
  submit(exchange, `${lots > 0 ? 'B' : 'S'} ${Math.abs(lots)}@${ticks}`);
}

/** Orders that belong together, as events. */
export function submitList(
  exchange: Exchange,
  contingency: Contingency,
  ...orders: string[]
): VenueEvent[] {
  const tickets = orders.map((order) => ticket(order));
  const command = { type: 'newOrderList', clientListId: 'l', contingency, tickets } as const;
  return exchange.execute(command, 'l', null);
}
