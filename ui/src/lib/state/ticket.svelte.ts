import { priceTicks } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { OrderType, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { type ExitField, type ExitsDraft, PLAIN_EXITS } from '../client/exits.ts';
import { type FollowerDraft, MAX_FOLLOWERS, PLAIN_FOLLOWER } from '../client/followers.ts';
import { actionText, TYPES, waitsForTrigger } from '../client/order-words.ts';
import type { SubmitOutcome } from '../client/placement.ts';
import { reasonText } from '../client/reasons.ts';
import { cleanNumber, type TicketField } from '../client/ticket.ts';
import {
  judgePlan,
  listText,
  mayHaveExits,
  type PlanDraft,
  type PlanVerdict,
} from '../client/ticket-plan.ts';
import { sizeOf, stepPrice, stepQuantity } from '../client/ticket-size.ts';
import { PLAIN_TERMS, type TicketTerms, termsOf } from '../client/ticket-terms.ts';
import { openingPowerMicros } from '../client/valuation.ts';
import type { Notices } from './notices.svelte.ts';
import type { Simulator } from './simulator.svelte.ts';

export type DeskField = TicketField | ExitField;
type Touchable = DeskField | 'followers';

const ALL_TOUCHED: Readonly<Record<Touchable, boolean>> = {
  quantity: true,
  limitPrice: true,
  stopPrice: true,
  trail: true,
  limitOffset: true,
  expireAt: true,
  minimumQuantity: true,
  displayQuantity: true,
  pegOffset: true,
  pegLimit: true,
  target: true,
  stopLoss: true,
  stopLossLimit: true,
  followers: true,
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
  /** A target and a stop side by side instead of an order of the chosen type. */
  isOco = $state(false);
  linkedBy = $state<'oco' | 'ouo'>('oco');
  hasExits = $state(false);
  readonly exits = $state<ExitsDraft>({ ...PLAIN_EXITS });
  /** Exits in parts instead of the pair; empty = the pair. */
  followers = $state<FollowerDraft[]>([]);
  /** Errors are shown once the trader has tried to send, or has left the field. */
  touched = $state<Partial<Record<Touchable, boolean>>>({});
  isConfirming = $state(false);
  readonly #simulator: Simulator;
  readonly #notices: Notices;

  buyingPowerMicros = $derived.by(() => {
    const { account, instrument } = this.#simulator;
    if (account.totals === null || !instrument) return 0n;
    return openingPowerMicros(account.totals, instrument, this.side);
  });
  /** As this account may trade it. */
  instrument = $derived.by(() => {
    const { account, instrument } = this.#simulator;
    if (!instrument || account.current?.type !== 'cash') return instrument;
    return { ...instrument, shortable: false };
  });
  positionLots = $derived.by(() => this.#simulator.account.lotsOf(this.#simulator.symbol));
  workingLots = $derived.by(() => this.#simulator.orders.workingLots(this.#simulator.instrument));
  verdict: PlanVerdict | null = $derived.by(() => this.#judge());
  canHaveExits = $derived.by(() => mayHaveExits(this.#draft()));
  /** "Buy 10 ACME @ 180.05", "Sell 100 ACME, stop 178.50" */
  actionText = $derived.by(() => this.#actionText());

  constructor(simulator: Simulator, notices: Notices) {
    this.#simulator = simulator;
    this.#notices = notices;
  }

  pickType(type: OrderType | 'oco'): void {
    const isOco = type === 'oco';
    // Exits of an entry and the prices of an OCO mean different things, though they share fields.
    if (isOco !== this.isOco) {
      Object.assign(this.exits, PLAIN_EXITS);
      this.followers = [];
      this.hasExits = false;
    }
    this.isOco = isOco;
    if (!isOco) this.type = type;
  }

  /** A price out of the book goes where the type takes one; a market order becomes a limit. */
  pickPrice(price: string): void {
    if (this.isOco) {
      this.#pickExit(price);
      return;
    }
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
  touch(field: Touchable): void {
    this.touched = { ...this.touched, [field]: true };
  }

  errorOf(field: DeskField): string | undefined {
    return this.touched[field] ? this.verdict?.errors[field] : undefined;
  }

  pickShare(percent: number): void {
    const { instrument, side, positionLots, workingLots } = this;
    if (!instrument) return;
    const isMargin = this.#simulator.account.totals?.margin != null;
    // On margin half the spread is taken off equity at once: leave room for it.
    const buyingPowerMicros = isMargin
      ? (this.buyingPowerMicros * 99n) / 100n
      : this.buyingPowerMicros;
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
  stepTerm(field: 'stopPrice' | 'trail' | 'limitOffset' | 'pegLimit', steps: number): void {
    const { instrument, quote } = this.#simulator;
    if (!instrument) return;
    const isPercent = field === 'trail' && this.terms.trailBy === 'percent';
    const grid = isPercent ? { ...instrument, tickSize: '0.1' } : instrument;
    const isPrice = field === 'stopPrice' || field === 'pegLimit';
    const fallback = isPrice ? (quote?.last ?? null) : grid.tickSize;
    this.terms[field] = stepPrice(this.terms[field], steps, grid, fallback);
  }

  /** An hour on, in simulated time, when nothing is chosen yet. */
  suggestExpiry(): void {
    const { simulatedMs } = this.#simulator.market;
    if (this.terms.expireAt || simulatedMs === null) return;
    this.terms.expireAt = new Date(simulatedMs + 3_600_000).toISOString().slice(0, 16);
  }

  /** Of an OCO: the side of the market on which the price lies says which exit it is for. */
  #pickExit(price: string): void {
    const { quote, instrument } = this.#simulator;
    const market = quote?.last;
    if (!instrument || !market) return;
    const isAbove = (priceTicks(price, instrument) ?? 0) > (priceTicks(market, instrument) ?? 0);
    const field = isAbove === (this.side === 'sell') ? 'target' : 'stopLoss';
    this.exits[field] = price;
    this.touch(field);
  }

  /** One more exit in parts; the first one begins with the take-profit that is typed already. */
  addFollower(): void {
    if (this.followers.length >= MAX_FOLLOWERS) return;
    const price = this.followers.length === 0 ? this.exits.target : '';
    this.followers.push({ ...PLAIN_FOLLOWER, price });
  }

  /** Without the last of them the pair is back. */
  dropFollower(index: number): void {
    this.followers.splice(index, 1);
  }

  stepExit(field: ExitField, steps: number): void {
    const { instrument, quote } = this.#simulator;
    if (!instrument) return;
    const { exitsBy } = this.exits;
    const grid = exitsBy === 'percent' ? { ...instrument, tickSize: '0.1' } : instrument;
    const entry = this.isOco || !TYPES[this.type].limit ? '' : this.limitPrice;
    const fallback =
      exitsBy === 'price' ? (cleanNumber(entry) ?? quote?.last ?? null) : grid.tickSize;
    this.exits[field] = stepPrice(this.exits[field], steps, grid, fallback);
  }

  /** Another instrument: prices of the old one mean nothing here. */
  reset(): void {
    this.quantity = '';
    this.limitPrice = '';
    const prices = {
      stopPrice: '',
      trail: '',
      limitOffset: '',
      minimumQuantity: '',
      displayQuantity: '',
      pegOffset: '',
      pegLimit: '',
    };
    Object.assign(this.terms, prices);
    Object.assign(this.exits, PLAIN_EXITS, { exitsBy: this.exits.exitsBy });
    this.followers = [];
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
    if (!verdict?.request || verdict.blocked) return;
    const { list } = verdict;
    if (!list) await this.submit(verdict.request);
    else
      this.#tell(
        await this.#simulator.orders.submitList(list, this.#nowIso()),
        listText(list),
        'The orders are working.',
      );
  }

  /** Sends one order and tells what became of it. */
  async submit(request: Omit<OrderRequest, 'clientOrderId'>): Promise<void> {
    const what = actionText({ ...request, limitPrice: request.limitPrice ?? null });
    const outcome = await this.#simulator.orders.submit(request, this.#nowIso());
    const isWaiting = waitsForTrigger(request.type);
    this.#tell(outcome, what, `${what} is ${isWaiting ? 'waiting for its trigger' : 'working'}.`);
  }

  /** Closes or turns a position; its open orders are canceled first. */
  async leave(
    position: { symbol: string; side: Side; quantity: string },
    kind: 'close' | 'reverse',
  ): Promise<void> {
    const { orders } = this.#simulator;
    const outcome = await orders.submitExit({ ...position, kind }, this.#nowIso());
    const what = `${kind === 'close' ? 'Closing' : 'Reversing'} ${position.symbol}`;
    this.#tell(outcome, what, `${what}.`);
  }

  #nowIso(): string {
    return new Date(this.#simulator.market.simulatedMs ?? Date.now()).toISOString();
  }

  #tell(outcome: SubmitOutcome, what: string, working: string): void {
    this.touched = {};
    if (outcome.kind === 'refused') this.#notices.bad(`${what}: ${outcome.error.message}`);
    else if (outcome.kind === 'notPlaced') this.#notices.bad(`${what} was not placed.`);
    else if (outcome.kind === 'left') return;
    else if (outcome.order.rejectReason)
      this.#notices.bad(`${what}: ${reasonText(outcome.order.rejectReason)}`);
    else if (outcome.order.status === 'new') this.#notices.info(working);
  }

  #draft(): PlanDraft {
    const { side, type, quantity, limitPrice, timeInForce, postOnly, terms, exits } = this;
    const { isOco, linkedBy, hasExits, followers } = this;
    const typed = { side, type, quantity, limitPrice, timeInForce, postOnly };
    return { ...terms, ...exits, ...typed, isOco, linkedBy, hasExits, followers };
  }

  #judge(): PlanVerdict | null {
    const { instrument } = this;
    const { quote, connection, clock, market, risk } = this.#simulator;
    if (!instrument) return null;
    return judgePlan(this.#draft(), {
      instrument,
      quote,
      buyingPowerMicros: this.buyingPowerMicros,
      positionLots: this.positionLots,
      workingLots: this.workingLots,
      gate: this.#simulator.gate,
      link: connection.state,
      venue: clock?.state ?? 'running',
      isAway: this.#simulator.isAway,
      isKilled: risk.switches.length > 0,
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
    const { list } = this.verdict ?? {};
    if (list) return listText(list);
    if (this.isOco) {
      const quantity = cleanNumber(this.quantity);
      return `${side === 'buy' ? 'Buy' : 'Sell'} ${quantity ? `${quantity} ` : ''}${symbol}, ${this.linkedBy.toUpperCase()}`;
    }
    const terms = termsOf({ ...this.#draft(), timeInForce: 'gtc' });
    return actionText({
      ...terms,
      symbol,
      side,
      type,
      quantity: cleanNumber(this.quantity) ?? '',
      limitPrice: TYPES[type].limit ? cleanNumber(this.limitPrice) : (terms.limitPrice ?? null),
    });
  }
}
