/**
 * What a session looked like from outside, second by second: it is run again from its capsule, and
 * equity, mid prices and volumes are noted on the way. Clock commands are left out: they move no
 * market. With changes to the trader's orders it is the session that would have been.
 */
import type { CapsuleCommand, CapsuleStep } from '@sandpit/schemas/capsule.ts';
import type { Execution, VenueEvent } from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { equityMicros, markHalfTicks } from '../engine/valuation.ts';
import type { VenueIdentity } from '../venue/venue-view.ts';
import { Player } from './player.ts';

/** A session of more samples is noted in longer steps, so that memory is bounded. */
const SAMPLES_MAX = 30_000;

export interface SessionInput extends VenueIdentity {
  scenario: Scenario;
  steps: CapsuleStep[];
  /** Simulated time up to which it has run. */
  endNs: number;
  /** Told where the run stands, in simulated ns. */
  watch?: (simNs: number) => void;
}

export interface InstrumentTrace {
  instrument: Instrument;
  /** Per sample, 0 = no price yet. */
  midHalfTicks: number[];
  /** Traded by everybody since the start of the trace, at each sample; in lots of that time. */
  volumeLots: number[];
  /** Σ ticks × lots of it. */
  tickLots: number[];
  positionLots: number[];
}

export interface OrderTrace {
  order: Order;
  /** Mid when the command that brought it was executed; 0 = no price then. */
  arrivalHalfTicks: number;
  arrivalNs: number;
}

export interface FillTrace extends Execution {
  /** Mid before the fill: at its command, or at the last sample. */
  midHalfTicks: number;
}

/** A split, and what it did to the trader. */
export interface SplitTrace {
  symbol: string;
  atNs: number;
  newUnits: number;
  oldUnits: number;
  /** How many fills came before it. */
  afterFills: number;
  /** The position after it. */
  quantityLots: number;
  /** Cash in lieu, and the profit in it. */
  cashMicros: number;
  realisedMicros: number;
}

export interface Trace {
  startingCashMicros: number;
  everyNs: number;
  atNs: number[];
  equityMicros: number[];
  instruments: InstrumentTrace[];
  orders: OrderTrace[];
  fills: FillTrace[];
  splits: SplitTrace[];
  tapeHash: string;
}

const CLOCK = new Set(['pause', 'resume', 'speed', 'step', 'jumpToTime', 'jumpToOwnEvent']);

/** Moves no market. */
export const isClockCommand = ({ body }: CapsuleCommand) => CLOCK.has(body.type);

/** A step at a simulated time that may not be that of its record. */
export type TimedStep = Pick<CapsuleStep, 'simNs' | 'wallAt' | 'commands' | 'switches'>;

/**
 * @param steps    In order of time; the session's own, or changed ones.
 * @param current  The command with ids that this run knows; null leaves it out.
 */
export function traceSession(
  input: SessionInput,
  steps: readonly TimedStep[] = input.steps,
  current: (command: CapsuleCommand, player: Player) => CapsuleCommand | null = (each) => each,
): Trace {
  const player = new Player(input.scenario, input);
  const recorder = new Recorder(player, input);
  for (const step of steps) {
    if (step.simNs > input.endNs) break;
    recorder.runTo(step.simNs);
    recorder.execute(step, current);
  }
  recorder.runTo(input.endNs);
  return recorder.finish();
}

class Recorder {
  readonly #player: Player;
  readonly #trace: Trace;
  readonly #orders = new Map<string, OrderTrace>();
  readonly #volumes: { lots: number; tickLots: number }[];
  readonly #watch: ((simNs: number) => void) | undefined;
  #nextNs: number;

  constructor(player: Player, { scenario, endNs, watch }: SessionInput) {
    this.#watch = watch;
    this.#player = player;
    const startNs = scenario.warmUpSeconds * NS_PER_SECOND;
    const seconds = Math.max(0, endNs - startNs) / NS_PER_SECOND;
    const everyNs = Math.ceil(seconds / SAMPLES_MAX || 1) * NS_PER_SECOND;
    this.#nextNs = startNs;
    this.#volumes = scenario.instruments.map(() => ({ lots: 0, tickLots: 0 }));
    const columns = () => ({ midHalfTicks: [], volumeLots: [], tickLots: [], positionLots: [] });
    this.#trace = {
      startingCashMicros: 0,
      everyNs,
      atNs: [],
      equityMicros: [],
      instruments: scenario.instruments.map(({ instrument }) => ({ instrument, ...columns() })),
      orders: [],
      fills: [],
      splits: [],
      tapeHash: '',
    };
    player.onTrade = ({ instrument, priceTicks, lots }) => {
      if (player.venue.nowNs < startNs) return;
      const volume = this.#volumes[instrument]!;
      volume.lots += lots;
      volume.tickLots += priceTicks * lots;
    };
  }

  runTo(simNs: number): void {
    while (this.#nextNs <= simNs && !this.#player.venue.halted) {
      this.#watch?.(this.#nextNs);
      this.#take(this.#player.advance(this.#nextNs), null);
      this.#sample();
      this.#nextNs += this.#trace.everyNs;
    }
    this.#take(this.#player.advance(simNs), null);
  }

  execute(
    step: TimedStep,
    current: (command: CapsuleCommand, player: Player) => CapsuleCommand | null,
  ): void {
    for (const each of step.commands) {
      if (isClockCommand(each)) continue;
      const command = current(each, this.#player);
      if (!command) continue;
      const mids = this.#mids();
      this.#take(this.#player.execute({ wallAt: step.wallAt, commands: [command] }), mids);
    }
    const { wallAt, switches } = step;
    if (switches) this.#take(this.#player.execute({ wallAt, commands: [], switches }), null);
  }

  finish(): Trace {
    const { venue } = this.#player;
    if (this.#trace.atNs.at(-1) !== venue.nowNs && this.#trace.atNs.length > 0) this.#sample();
    this.#trace.startingCashMicros = venue.account().startingCashMicros;
    this.#trace.tapeHash = venue.tapeHash();
    this.#trace.orders = [...this.#orders.values()];
    return this.#trace;
  }

  #mids(): number[] {
    return this.#player.venue.exchange.listings.map((listing) => markHalfTicks(listing) ?? 0);
  }

  #sample(): void {
    const { venue } = this.#player;
    const { exchange } = venue;
    this.#trace.atNs.push(venue.nowNs);
    this.#trace.equityMicros.push(equityMicros(exchange.state));
    this.#mids().forEach((mid, i) => {
      const trace = this.#trace.instruments[i]!;
      trace.midHalfTicks.push(mid);
      trace.volumeLots.push(this.#volumes[i]!.lots);
      trace.tickLots.push(this.#volumes[i]!.tickLots);
      trace.positionLots.push(exchange.listings[i]!.position.lots);
    });
  }

  /** What was traded before counts in units of now, so that averages stay averages. */
  #split(event: Extract<VenueEvent, { type: 'stockSplit' }>): void {
    const { symbol, atNs, newUnits, oldUnits, quantityLots, cashMicros, realisedMicros } = event;
    const afterFills = this.#trace.fills.length;
    const split = { symbol, atNs, newUnits, oldUnits, afterFills, quantityLots };
    this.#trace.splits.push({ ...split, cashMicros, realisedMicros });
    const at = this.#trace.instruments.findIndex(({ instrument }) => instrument.symbol === symbol);
    this.#volumes[at]!.lots *= newUnits / oldUnits;
  }

  /** @param mids  Of each instrument before the command; null = the market's own events. */
  #take(events: readonly VenueEvent[], mids: readonly number[] | null): void {
    for (const event of events) {
      if (event.type === 'stockSplit') this.#split(event);
      if (!('order' in event)) continue;
      const { order } = event;
      const at = this.#trace.instruments.findIndex(
        (each) => each.instrument.symbol === order.symbol,
      );
      const mid = mids?.[at] ?? this.#trace.instruments[at]?.midHalfTicks.at(-1) ?? 0;
      const known = this.#orders.get(order.orderId);
      if (known) known.order = order;
      else {
        const { atNs } = event;
        this.#orders.set(order.orderId, { order, arrivalHalfTicks: mid, arrivalNs: atNs });
      }
      if (event.type === 'orderFilled') {
        this.#trace.fills.push({ ...event.execution, midHalfTicks: mid });
      }
    }
  }
}
