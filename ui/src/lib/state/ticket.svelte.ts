import { priceTicks } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { OrderType, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { grouped, trimmed } from '../client/format.ts';
import { reasonText } from '../client/reasons.ts';
import { cleanNumber, judgeTicket, type TicketVerdict } from '../client/ticket.ts';
import { sizeOf, stepPrice, stepQuantity } from '../client/ticket-size.ts';
import type { Notices } from './notices.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Simulator } from './simulator.svelte.ts';

/** The order ticket: what is typed, what the desk thinks of it, and sending it. */
export class Ticket {
  side = $state<Side>('buy');
  type = $state<OrderType>('limit');
  quantity = $state('');
  limitPrice = $state('');
  timeInForce = $state<TimeInForce>('gtc');
  postOnly = $state(false);
  /** Errors are shown once the trader has tried to send, or has left the field. */
  touched = $state({ quantity: false, limitPrice: false });
  isConfirming = $state(false);
  readonly #simulator: Simulator;
  readonly #session: Session;
  readonly #notices: Notices;

  buyingPowerMicros = $derived.by(() => this.#simulator.account.totals?.buyingPowerMicros ?? 0n);
  positionLots = $derived.by(() => this.#simulator.account.lotsOf(this.#simulator.symbol));
  workingLots = $derived.by(() => this.#simulator.orders.workingLots(this.#simulator.instrument));
  verdict: TicketVerdict | null = $derived.by(() => this.#judge());
  /** "Buy 10 ACME @ 180.05" */
  actionText = $derived.by(() => this.#actionText());

  constructor(simulator: Simulator, session: Session, notices: Notices) {
    this.#simulator = simulator;
    this.#session = session;
    this.#notices = notices;
  }

  pickPrice(price: string): void {
    this.type = 'limit';
    this.limitPrice = price;
    this.touched = { ...this.touched, limitPrice: true };
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
    this.touched = { ...this.touched, quantity: true };
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

  /** Another instrument: prices of the old one mean nothing here. */
  reset(): void {
    this.quantity = '';
    this.limitPrice = '';
    this.touched = { quantity: false, limitPrice: false };
  }

  /** First press of the button. @param confirm  Whether the trader wants to be asked. */
  async press(confirm: boolean): Promise<void> {
    this.touched = { quantity: true, limitPrice: true };
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
    const what = `${request.side === 'buy' ? 'Buy' : 'Sell'} ${request.quantity} ${request.symbol}`;
    if (outcome.kind === 'refused') this.#notices.bad(`${what}: ${outcome.error.message}`);
    else if (outcome.kind === 'notPlaced') this.#notices.bad(`${what} was not placed.`);
    else if (outcome.order.rejectReason)
      this.#notices.bad(`${what}: ${reasonText(outcome.order.rejectReason)}`);
    else if (outcome.order.status === 'new')
      this.#notices.info(
        `${what} is working${request.limitPrice ? ` at ${request.limitPrice}` : ''}.`,
      );
  }

  #judge(): TicketVerdict | null {
    const { instrument, quote, connection, clock } = this.#simulator;
    if (!instrument) return null;
    return judgeTicket(
      {
        side: this.side,
        type: this.type,
        quantity: this.quantity,
        limitPrice: this.limitPrice,
        timeInForce: this.timeInForce,
        postOnly: this.postOnly,
      },
      {
        instrument,
        quote,
        buyingPowerMicros: this.buyingPowerMicros,
        positionLots: this.positionLots,
        workingLots: this.workingLots,
        gate: this.#session.gate,
        link: connection.state,
        venue: clock?.state ?? 'running',
      },
    );
  }

  #expectedTicks(): number | null {
    const { instrument, quote } = this.#simulator;
    if (!instrument) return null;
    const typed = this.type === 'limit' ? cleanNumber(this.limitPrice) : null;
    const text = typed ?? (this.side === 'buy' ? quote?.ask : quote?.bid) ?? quote?.last;
    return text ? priceTicks(text, instrument) : null;
  }

  #actionText(): string {
    const { symbol } = this.#simulator;
    const verb = this.side === 'buy' ? 'Buy' : 'Sell';
    const quantity = cleanNumber(this.quantity);
    const price = cleanNumber(this.limitPrice);
    if (quantity === null) return `${verb} ${symbol}`;
    const at = this.type === 'market' ? 'at market' : price ? `@ ${grouped(price)}` : '';
    return `${verb} ${grouped(trimmed(quantity))} ${symbol} ${at}`.trim();
  }
}
