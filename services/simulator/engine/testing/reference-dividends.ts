/** A cash dividend in the plainest words: who has it is paid, and orders below the market follow it down. */
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import { ReferenceExchange } from './reference-exchange.ts';
import type { ReferenceListing, ReferenceTraderOrder } from './reference-order.ts';
import { beginToWait, trails, waitsForPrice } from './reference-triggers.ts';

const lowered = (ticks: number, by: number): number => Math.max(1, ticks - by);

export class ReferenceDividends extends ReferenceExchange {
  /** @param amount  Of a unit, in a currency in which a tick is 1 and a lot a unit. */
  payDividend(symbol: string, amount: string): void {
    const listing = this.listings.find(({ instrument }) => instrument.symbol === symbol)!;
    const { lots } = listing.position;
    const cash = BigInt(lots) * BigInt(Math.round(Number(amount) * 1_000_000));
    this.cashMicros += cash;
    this.said.push(`dividend ${symbol} ${amount} on ${lots}: ${cash}`);
    const by = Math.ceil(Number(amount));
    for (const order of this.open()) {
      if (order.ticket.symbol === symbol) this.lower(listing, order, by);
    }
  }

  private lower(listing: ReferenceListing, order: ReferenceTraderOrder, by: number): void {
    const { ticket } = order;
    const waits = order.wait !== null || (order.isHeld && waitsForPrice(ticket));
    const isStop = waits && !ticket.type.endsWith('Touched');
    // Buys below the market and what sells when it falls; of buys that wait for a rise nothing.
    const isBelow = ticket.side === 'buy' ? !isStop : isStop;
    if (!isBelow || (!waits && order.limitTicks === null)) return;
    const stands = !waits && !order.isHeld;
    if (stands) this.takeOut(order);
    if (order.limitTicks !== null) order.limitTicks = lowered(order.limitTicks, by);
    if (waits) this.lowerTrigger(listing, order, by);
    this.said.push(`replaced #${order.number}`);
    if (stands) this.work(order);
  }

  private lowerTrigger(listing: ReferenceListing, order: ReferenceTraderOrder, by: number): void {
    const { ticket, wait } = order;
    if (trails(ticket)) {
      if (wait === null) return;
      wait.triggerTicks = lowered(wait.triggerTicks, by);
      wait.heldTicks = lowered(wait.heldTicks, by);
      return;
    }
    const stopTicks = lowered(ticket.instructions!.stopTicks!, by) as PriceTicks;
    order.ticket = { ...ticket, instructions: { ...ticket.instructions, stopTicks } };
    if (wait !== null) order.wait = beginToWait(listing, order.ticket, order.limitTicks);
  }
}
