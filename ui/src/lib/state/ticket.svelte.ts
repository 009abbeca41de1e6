import { priceTicks } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { OrderType, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { actionText, TYPES, waitsForTrigger } from '../client/order-words.ts';
import { reasonText } from '../client/reasons.ts';
import {
  cleanNumber,
  judgeTicket,
  type TicketDraft,
  type TicketField,
  type TicketVerdict,
} from '../client/ticket.ts';
import { sizeOf, stepPrice, stepQuantity } from '../client/ticket-size.ts';
import { PLAIN_TERMS, type TicketTerms, termsOf } from '../client/ticket-terms.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Simulator } from './simulator.svelte.ts';

const ALL_TOUCHED: Readonly<Record<TicketField, boolean>> = {
  quantity: true,
  limitPrice: true,
  stopPrice: true,
  trail: true,
  limitOffset: true,
  expireAt: true,
  minimumQuantity: true,
};

/** The order ticket: what is typed, what the desk thinks of it, and sending it. */
export class Ticket {
  side = $state<Side>('buy');
  type = $state<OrderType>('limit');
  quantity = $state('');
  limitPrice = $state('');
  timeInForce = $state<TimeInForce>('gtc');
  postOnly = $state(false);
  readonly terms = $state<TicketTerms>({ ...PLAIN_TERMS });
  /** Errors are shown once the trader has tried to send, or has left the field. */
  touched = $state<Partial<Record<TicketField, boolean>>>({});
  isConfirming = $state(false);
  readonly #simulator: Simulator;
  readonly #session: Session;
  readonly #notices: Notices;

  buyingPowerMicros = $derived.by(() => this.#simulator.account.totals?.buyingPowerMicros ?? 0n);
  positionLots = $derived.by(() => this.#simulator.account.lotsOf(this.#simulator.symbol));
  workingLots = $derived.by(() => this.#simulator.orders.workingLots(this.#simulator.instrument));
  verdict: TicketVerdict | null = $derived.by(() => this.#judge());
  /** "Buy 10 ACME @ 180.05", "Sell 100 ACME, stop 178.50" */
  actionText = $derived.by(() => this.#actionText());

  constructor(simulator: Simulator, session: Session, notices: Notices) {
    this.#simulator = simulator;
    this.#session = session;
    this.#notices = notices;
  }

  /** A price out of the book goes where the type takes one; a market order becomes a limit. */
  pickPrice(price: string): void {
    const { limit, stop } = TYPES[this.type];
    const takesTrigger = !limit && stop;
    if (takesTrigger) this.terms.stopPrice = price;
    else {
      if (!limit) this.type = 'limit';
      this.limitPrice = price;
    }
    this.touch(takesTrigger ? 'stopPrice' : 'limitPrice');
  }

  /** Errors of the field are shown from now on. */
  touch(field: TicketField): void {
    this.touched = { ...this.touched, [field]: true };
  }

  errorOf(field: TicketField): string | undefined {
    return this.touched[field] ? this.verdict?.errors[field] : undefined;
  }

  pickShare(percent: number): void {
    const { instrument } = this.#simulator;
    if (!instrument) return;
    const { side, positionLots, workingLots, buyingPowerMicros } = this;
    const ticks = this.#expectedTicks();
    this.quantity = sizeOf(percent, {
      instrument,
      side,
      positionLots,
      workingLots,
      buyingPowerMicros,
      ticks,
    });
    this.touch('quantity');
  }

  stepQuantity(steps: number): void {
    const { instrument } = this.#simulator;
    if (instrument) this.quantity = stepQuantity(this.quantity, steps, instrument);
  }

  stepPrice(steps: number): void {
    const { instrument, quote } = this.#simulator;
    const fallback = (this.side === 'buy' ? quote?.bid : quote?.ask) ?? quote?.last ?? null;
    if (instrument) this.limitPrice = stepPrice(this.limitPrice, steps, instrument, fallback);
  }

  /** Prices and distances that only some types have. */
  stepTerm(field: 'stopPrice' | 'trail' | 'limitOffset', steps: number): void {
    const { instrument, quote } = this.#simulator;
    if (!instrument) return;
    const isPercent = field === 'trail' && this.terms.trailBy === 'percent';
    const grid = isPercent ? { ...instrument, tickSize: '0.1' } : instrument;
    const fallback = field === 'stopPrice' ? (quote?.last ?? null) : grid.tickSize;
    this.terms[field] = stepPrice(this.terms[field], steps, grid, fallback);
  }

  /** An hour on, in simulated time, when nothing is chosen yet. */
  suggestExpiry(): void {
    const { simulatedMs } = this.#simulator.market;
    if (this.terms.expireAt || simulatedMs === null) return;
    this.terms.expireAt = new Date(simulatedMs + 3_600_000).toISOString().slice(0, 16);
  }

  /** Another instrument: prices of the old one mean nothing here. */
  reset(): void {
    this.quantity = '';
    this.limitPrice = '';
    const prices = { stopPrice: '', trail: '', limitOffset: '', minimumQuantity: '' };
    Object.assign(this.terms, prices);
    this.touched = {};
  }

  /** First press of the button. @param confirm  Whether the trader wants to be asked. */
  async press(confirm: boolean): Promise<void> {
    this.touched = ALL_TOUCHED;
    if (!this.verdict?.request || this.verdict.blocked) return;
    if (confirm) this.isConfirming = true;
    else await this.send();
  }

  async send(): Promise<void> {
    this.isConfirming = false;
    const { verdict } = this;
    if (verdict?.request && !verdict.blocked) await this.submit(verdict.request);
  }

  /** Sends any order, from the fields or from a position's buttons, and tells what became of it. */
  async submit(request: Omit<OrderRequest, 'clientOrderId'>): Promise<void> {
    const { orders, market } = this.#simulator;
    const nowIso = new Date(market.simulatedMs ?? Date.now()).toISOString();
    const outcome = await orders.submit(request, nowIso);
    const what = actionText({ ...request, limitPrice: request.limitPrice ?? null });
    this.touched = {};
    if (outcome.kind === 'refused') this.#notices.bad(`${what}: ${outcome.error.message}`);
    else if (outcome.kind === 'notPlaced') this.#notices.bad(`${what} was not placed.`);
    else if (outcome.order.rejectReason)
      this.#notices.bad(`${what}: ${reasonText(outcome.order.rejectReason)}`);
    else if (outcome.order.status === 'new')
      this.#notices.info(
        `${what} is ${waitsForTrigger(request.type) ? 'waiting for its trigger' : 'working'}.`,
      );
  }

  #draft(): TicketDraft {
    const { side, type, quantity, limitPrice, timeInForce, postOnly, terms } = this;
    return { ...terms, side, type, quantity, limitPrice, timeInForce, postOnly };
  }

  #judge(): TicketVerdict | null {
    const { instrument, quote, connection, clock, market } = this.#simulator;
    if (!instrument) return null;
    return judgeTicket(this.#draft(), {
      instrument,
      quote,
      buyingPowerMicros: this.buyingPowerMicros,
      positionLots: this.positionLots,
      workingLots: this.workingLots,
      gate: this.#session.gate,
      link: connection.state,
      venue: clock?.state ?? 'running',
      simulatedMs: market.simulatedMs,
    });
  }

  #expectedTicks(): number | null {
    const { instrument, quote } = this.#simulator;
    if (!instrument) return null;
    const { limit, stop } = TYPES[this.type];
    const typed = cleanNumber(limit ? this.limitPrice : stop ? this.terms.stopPrice : '');
    const text = typed ?? (this.side === 'buy' ? quote?.ask : quote?.bid) ?? quote?.last;
    return text ? priceTicks(text, instrument) : null;
  }

  #actionText(): string {
    const { symbol } = this.#simulator;
    const { side, type } = this;
    return actionText({
      ...termsOf({ ...this.#draft(), timeInForce: 'gtc' }),
      symbol,
      side,
      type,
      quantity: cleanNumber(this.quantity) ?? '',
      limitPrice: TYPES[type].limit ? cleanNumber(this.limitPrice) : null,
    });
  }
}
