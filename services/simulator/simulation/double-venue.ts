/**
 * A small venue that keeps the laws of the real one and breaks on request: one symbol, one price per
 * 100 ms drawn from seed and time. For tests of the runtime, where the market itself is beside the
 * point and a crash inside it must be provoked.
 */
import type { Command } from '@sandpit/schemas/command.ts';
import type { ClockState, Execution, VenueEvent } from '@sandpit/schemas/event.ts';
import { type Order, type RejectReason, TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import { isSameSwitch, riskAtStart, type StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { Micros, PriceTicks, QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import { realSpeed } from '../venue/clock.ts';
import { clockAfterHibernation } from '../venue/clock-commands.ts';
import type { CommandInput, Hibernation, PendingFrame, Venue } from '../venue/venue.ts';
import { DOUBLE_INSTRUMENT, emptyState, type State, scramble } from './double-state.ts';

const STEP_NS = 100_000_000;
const QUOTE_EVERY_STEPS = 10;
const OPENS_AT_MS = Date.UTC(2026, 0, 5, 14, 30);

/** Client order ids that begin so make the engine throw. */
export const THROWING = 'throw';

export class DoubleVenue implements Venue {
  readonly engineVersion: string;
  readonly simulatorId: string;
  readonly instruments = [DOUBLE_INSTRUMENT];
  readonly opensAtMs = OPENS_AT_MS;
  readonly halted = false;
  readonly #scenarioHash: string;
  #state: State;
  #frames: PendingFrame[] = [];
  #framesWanted = true;

  constructor(
    simulatorId: string,
    scenarioHash: string,
    engineVersion = 'double-1',
    bytes?: Uint8Array,
  ) {
    this.simulatorId = simulatorId;
    this.engineVersion = engineVersion;
    this.#scenarioHash = scenarioHash;
    this.#state = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : emptyState();
  }

  get nowNs(): SimNs {
    return this.#state.nowNs as SimNs;
  }

  get clock(): ClockState | null {
    return this.#state.clock;
  }

  get hasOpenOrders(): boolean {
    return this.openOrders().length > 0;
  }

  get nextFrameNs(): number {
    return (Math.floor(this.#state.nowNs / STEP_NS) + 1) * STEP_NS;
  }

  targetNs(wallMs: number): SimNs {
    const { clock, nowNs } = this.#state;
    if (clock?.state !== 'running') return nowNs as SimNs;
    const elapsedNs = (wallMs - Date.parse(clock.anchorWall)) * realSpeed(clock) * 1_000_000;
    return Math.max(nowNs, clock.anchorSimNs + Math.round(elapsedNs)) as SimNs;
  }

  readonly seekNs = null;
  readonly frameNs = STEP_NS;
  headlines = () => [];
  splits = () => [];

  pace(realSpeed: number | null, wallMs: number): VenueEvent[] {
    const { clock } = this.#state;
    if (clock?.state !== 'running') return [];
    const { lagging: _, ...rest } = clock;
    const anchorWall = new Date(wallMs).toISOString();
    const lagging = realSpeed === null ? {} : { lagging: { realSpeed } };
    this.#state.clock = { ...rest, anchorSimNs: this.nowNs, anchorWall, ...lagging };
    const common = { atNs: this.nowNs, causeId: null };
    return [{ type: 'clockChanged', ...common, clock: this.#state.clock }];
  }

  hibernate(hibernation: Hibernation, wallMs: number): VenueEvent[] {
    const { clock: before } = this.#state;
    const clock = clockAfterHibernation(before, hibernation, this.nowNs, wallMs);
    if (!clock) return [];
    this.#state.clock = clock;
    this.#mix(hibernation.length);
    return [{ type: 'clockChanged', atNs: this.nowNs, causeId: null, clock }];
  }

  setSwitches(switches: readonly StandingSwitch[]): VenueEvent[] {
    return switches.flatMap((each) => this.#setSwitch({ type: 'killSwitch', ...each }, null));
  }

  tapeHash(): string {
    return this.stateHash();
  }

  advanceTo(simNs: SimNs): VenueEvent[] {
    const events: VenueEvent[] = [];
    const state = this.#state;
    for (let step = Math.floor(state.nowNs / STEP_NS) + 1; step * STEP_NS <= simNs; step++) {
      state.nowNs = step * STEP_NS;
      if (state.clock) this.#step(step, events);
    }
    state.nowNs = simNs;
    return events;
  }

  execute(command: Command, { wallMs }: CommandInput): VenueEvent[] {
    const events: VenueEvent[] = [];
    this.#execute(command, wallMs, events);
    const { commandId, body } = command;
    this.#state.outcomes.push([commandId, { commandId, type: body.type, events }]);
    this.#mix(commandId.length + events.length);
    return events;
  }

  applyForeign(events: readonly VenueEvent[], atNs: SimNs): void {
    const state = this.#state;
    state.nowNs = atNs;
    for (const event of events) {
      if (event.type === 'started') [state.clock, state.account] = [event.clock, event.account];
      if (event.type === 'started') state.seed = event.seed;
      if (event.type === 'clockChanged') state.clock = event.clock;
      if (event.type === 'positionChanged') state.position = event.position;
      if (event.type === 'accountChanged') state.account = event.account;
      if (event.type === 'orderFilled') state.executions.push(event.execution);
      if ('order' in event) {
        state.orders = state.orders.filter(({ orderId }) => orderId !== event.order.orderId);
        state.orders.push({ ...event.order });
      }
    }
    this.#mix(events.length);
  }

  /** No law of the runtime needs it: the double has no books to try an order on. */
  previewList(): never {
    throw new Error('The double previews nothing.');
  }

  preview(): never {
    throw new Error('The double venue has no dry run.');
  }

  /** Nor limits. */
  risk() {
    return { ...riskAtStart(), killSwitches: this.#state.switches };
  }

  /** Nor queues. */
  receipt(): null {
    return null;
  }

  stateHash(): string {
    const { hash, account, position } = this.#state;
    const words = [hash, account.cashMicros, position.quantityLots, this.#state.orders.length];
    return words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#state));
  }

  takeFrames(): PendingFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  setFramesWanted(wanted: boolean): void {
    this.#framesWanted = wanted;
  }

  account = () => this.#state.account;
  owed = () => ({ interestMicros: 0, borrowFeesMicros: new Map<string, number>() });
  positions = () => (this.#state.executions.length > 0 ? [this.#state.position] : []);
  order = (id: string) => this.#state.orders.find(({ orderId }) => orderId === id) ?? null;
  orderByClientId = (id: string) =>
    this.#state.orders.find(({ clientOrderId }) => clientOrderId === id) ?? null;
  openOrders = () => this.#state.orders.filter(({ status }) => !TERMINAL_STATUSES.has(status));
  orders = (limit: number) => this.#state.orders.slice(-limit).reverse();
  executions = (limit: number) => this.#state.executions.slice(-limit).reverse();
  outcome = (id: string) => this.#state.outcomes.find(([known]) => known === id)?.[1] ?? null;
  book = () => null;
  quote = () => null;
  trades = () => [];
  candles = () => [];

  #step(step: number, events: VenueEvent[]): void {
    const ticks = 100 + (scramble(this.#state.seed ^ step) % 11) - 5;
    this.#mix(ticks);
    for (const order of this.openOrders()) {
      const crosses =
        order.side === 'buy' ? ticks <= order.limitTicks! : ticks >= order.limitTicks!;
      if (crosses) this.#fill(order, order.limitTicks!, null, events);
    }
    if (step % QUOTE_EVERY_STEPS !== 0) return;
    this.#state.quotes += 1;
    const frame = { symbol: 'ACME', sequence: this.#state.quotes, last: `${ticks}` };
    if (this.#framesWanted) this.#frames.push({ symbol: 'ACME', channel: 'quote', frame });
  }

  #execute({ commandId, body }: Command, wallMs: number, events: VenueEvent[]): void {
    const state = this.#state;
    const common = { atNs: this.nowNs, causeId: commandId };
    const refuse = (reason: RejectReason) =>
      events.push({ type: 'commandRefused', ...common, reason, orderId: null });
    if (body.type === 'start') {
      if (state.clock) return void refuse('simulatorHalted');
      const anchorWall = new Date(wallMs).toISOString();
      state.clock = { state: 'running', speed: body.speed, anchorSimNs: this.nowNs, anchorWall };
      state.seed = body.seed;
      const cash = body.startingCashMicros;
      state.account = { ...state.account, startingCashMicros: cash, cashMicros: cash };
      const { scenarioId, seed } = body;
      const start = { scenarioId, scenarioHash: this.#scenarioHash, seed, symbols: ['ACME'] };
      const { clock, account } = state;
      return void events.push({ type: 'started', ...common, ...start, clock, account });
    }
    if (!state.clock || state.clock.state === 'stopped') return void refuse('simulatorHalted');
    if (body.type === 'newOrder') this.#newOrder(commandId, body.ticket, events);
    else if (body.type === 'killSwitch') events.push(...this.#setSwitch(body, commandId));
    else if (body.type === 'cancelOrder') {
      const order = this.order(body.orderId);
      if (!order) refuse('unknownOrder');
      else if (TERMINAL_STATUSES.has(order.status)) refuse('tooLateToCancel');
      else this.#cancel(order, commandId, events);
    } else if (body.type === 'cancelAll') {
      for (const order of this.openOrders()) this.#cancel(order, commandId, events);
    } else if (body.type === 'replaceOrder') {
      const order = this.order(body.orderId);
      if (!order || TERMINAL_STATUSES.has(order.status)) return void refuse('unknownOrder');
      order.limitTicks = body.limitTicks ?? order.limitTicks;
      events.push({ type: 'orderReplaced', ...common, order: { ...order } });
    } else this.#changeClock(body, wallMs, common, events);
  }

  /** Nothing that is open ends by it. */
  #setSwitch(
    body: Extract<Command['body'], { type: 'killSwitch' }>,
    causeId: string | null,
  ): VenueEvent[] {
    const { scope, by, reason, engaged } = body;
    const others = this.#state.switches.filter((each) => !isSameSwitch(each, body));
    this.#state.switches = engaged ? [...others, { scope, by, reason }] : others;
    this.#mix(this.#state.switches.length);
    return [{ type: 'riskChanged', atNs: this.nowNs, causeId, risk: this.risk() }];
  }

  #changeClock(
    body: Command['body'],
    wallMs: number,
    common: { atNs: SimNs; causeId: string },
    events: VenueEvent[],
  ): void {
    const { hibernated: _, ...clock } = this.#state.clock!;
    clock.anchorSimNs = this.nowNs;
    clock.anchorWall = new Date(wallMs).toISOString();
    if (body.type === 'pause') clock.state = 'paused';
    if (body.type === 'resume') clock.state = 'running';
    if (body.type === 'stop') clock.state = 'stopped';
    if (body.type === 'speed') clock.speed = body.speed;
    this.#state.clock = clock;
    this.#frames.push({ symbol: 'ACME', channel: 'status', frame: { state: clock.state } });
    events.push({ type: 'clockChanged', ...common, clock });
  }

  #newOrder(
    commandId: string,
    ticket: Extract<Command['body'], { type: 'newOrder' }>['ticket'],
    events: VenueEvent[],
  ): void {
    if (ticket.clientOrderId.startsWith(THROWING)) {
      this.#state.hash = 0xdead;
      throw new Error('invariant: made to throw');
    }
    const order: Order = {
      ...ticket,
      orderId: `${this.#state.orders.length + 1}`,
      filledLots: 0,
      leavesLots: ticket.quantityLots,
      notionalMicros: 0 as Micros,
      feesMicros: 0 as Micros,
      status: 'new',
      rejectReason: null,
      createdNs: this.nowNs,
      updatedNs: this.nowNs,
    };
    const common = { atNs: this.nowNs, causeId: commandId };
    const used = this.orderByClientId(ticket.clientOrderId);
    if (used || this.#state.switches.length > 0) {
      const reason: RejectReason = used ? 'duplicateClientOrderId' : 'killSwitchEngaged';
      const rejected = {
        ...order,
        leavesLots: 0,
        status: 'rejected' as const,
        rejectReason: reason,
      };
      events.push({ type: 'orderRejected', ...common, order: rejected, reason });
      if (!used) this.#state.orders.push(rejected);
      return;
    }
    this.#state.orders.push(order);
    events.push({ type: 'orderAccepted', ...common, order: { ...order } });
    if (ticket.type === 'market') this.#fill(order, 100 as PriceTicks, commandId, events);
  }

  #cancel(order: Order, causeId: string, events: VenueEvent[]): void {
    order.status = 'canceled';
    order.leavesLots = 0;
    order.updatedNs = this.nowNs;
    events.push({ type: 'orderCanceled', atNs: this.nowNs, causeId, order: { ...order } });
  }

  #fill(order: Order, priceTicks: PriceTicks, causeId: string | null, events: VenueEvent[]): void {
    const state = this.#state;
    const lots = order.leavesLots as QuantityLots;
    const notional = (priceTicks * lots * DOUBLE_INSTRUMENT.tickValueMicros) as Micros;
    const signed = order.side === 'buy' ? 1 : -1;
    Object.assign(order, { filledLots: order.quantityLots, leavesLots: 0, status: 'filled' });
    order.notionalMicros = notional;
    order.updatedNs = this.nowNs;
    const execution: Execution = {
      executionId: `${state.executions.length + 1}`,
      orderId: order.orderId,
      clientOrderId: order.clientOrderId,
      symbol: 'ACME',
      side: order.side,
      priceTicks,
      quantityLots: lots,
      notionalMicros: notional,
      feeMicros: 0 as Micros,
      realisedMicros: 0 as Micros,
      liquidity: causeId ? 'taker' : 'maker',
      atNs: this.nowNs,
    };
    state.executions.push(execution);
    const position = { ...state.position };
    position.quantityLots += signed * lots;
    position.costMicros = (position.costMicros + signed * notional) as Micros;
    state.position = position;
    const cash = (state.account.cashMicros - signed * notional) as Micros;
    state.account = { ...state.account, cashMicros: cash };
    this.#mix(notional);
    const common = { atNs: this.nowNs, causeId };
    events.push({ type: 'orderFilled', ...common, order: { ...order }, execution });
    events.push({ type: 'positionChanged', ...common, position });
    events.push({ type: 'accountChanged', ...common, account: state.account });
  }

  #mix(word: number): void {
    this.#state.hash = scramble(this.#state.hash ^ word);
  }
}
