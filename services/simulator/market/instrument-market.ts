/** The crowd of one instrument: its agents, what they share, and which timer belongs to whom. */
import type { ScenarioInstrument } from '@sandpit/schemas/scenario.ts';
import type { CrowdEvent } from '@sandpit/schemas/script.ts';
import { BUY, FIRST_SLOT_OWNER, type MarketAccess, type SideCode, TRADER_OWNER } from './access.ts';
import type { Agent } from './agents/agent.ts';
import { Arbitrageur } from './agents/arbitrageur.ts';
import { Arrivals, type ArrivalsSnapshot } from './agents/arrivals.ts';
import { Contrarian, type ContrarianSnapshot } from './agents/contrarian.ts';
import { Fundamentalist } from './agents/fundamentalist.ts';
import { LIQUIDITY_SLOTS, Liquidity, type LiquiditySnapshot } from './agents/liquidity.ts';
import {
  MAKER_OWNERS,
  type MakerStyle,
  MarketMaker,
  type MarketMakerSnapshot,
} from './agents/market-maker.ts';
import { Momentum, type MomentumSnapshot } from './agents/momentum.ts';
import { Noise } from './agents/noise.ts';
import { QueueReactive, type QueueReactiveSnapshot } from './agents/queue-reactive.ts';
import { Splitter, type SplitterSnapshot } from './agents/splitter.ts';
import { StopHerd, type StopHerdSnapshot } from './agents/stop-herd.ts';
import { TAKER_OWNER } from './agents/taker.ts';
import { BookView } from './book-view.ts';
import type { Kernel } from './kernel.ts';
import { LatentValue, type LatentValueSnapshot, type ValueLinks } from './latent-value.ts';
import { fairTicks, type MarketState } from './market-state.ts';
import { OrderFlow, type OrderFlowSnapshot } from './order-flow.ts';
import { parametersOf } from './parameters.ts';
import { Random, type RandomState } from './random.ts';
import { RecordingTrack } from './recording-track.ts';
import { noSpells, runScripted, type Scripted } from './scripted.ts';
import { splitUnits, UNSPLIT, type Units, unitsOf } from './units.ts';

const MAKERS: readonly MakerStyle[] = [
  { levels: 5, width: 1.9, share: 0.2, looksPerSecond: 1.6, spacing: 0.9 },
  { levels: 6, width: 2.25, share: 0.22, looksPerSecond: 1.2, spacing: 1.1 },
  { levels: 7, width: 2.8, share: 0.24, looksPerSecond: 0.8, spacing: 1.4 },
  { levels: 16, width: 3.5, share: 0.2, looksPerSecond: 0.35, spacing: 1.25 },
];
const FIRST_LIQUIDITY_OWNER = FIRST_SLOT_OWNER + MAKERS.length * MAKER_OWNERS;
const FIRST_QUEUE_REACTIVE_OWNER = FIRST_LIQUIDITY_OWNER + LIQUIDITY_SLOTS;

const VALUE_TIMER = 0;
const LIQUIDITY_TIMER = 1;
const ARRIVALS_TIMER = 2;
const ARBITRAGEUR_TIMER = 3;
const QUEUE_REACTIVE_TIMER = 4;
const FIRST_MAKER_TIMER = 5;
export const TIMERS_PER_INSTRUMENT = FIRST_MAKER_TIMER + MAKERS.length;

/** After a withdrawal they come back one after another. */
const RETURN_NS = 50_000_000;
/** Makers requote at once when the fair price is this far from where they quote, in spreads. */
const ALARM_SPREADS = 0.25;

export interface InstrumentMarketSnapshot {
  value: LatentValueSnapshot;
  flow: OrderFlowSnapshot;
  makers: MarketMakerSnapshot[];
  liquidity: LiquiditySnapshot;
  queueReactive: QueueReactiveSnapshot | null;
  arrivals: ArrivalsSnapshot;
  noise: RandomState;
  momentum: MomentumSnapshot;
  fundamentalist: RandomState;
  splitter: SplitterSnapshot;
  contrarian: ContrarianSnapshot;
  stopHerd: StopHerdSnapshot;
  arbitrageur: RandomState;
  scripted: Scripted;
  /** Of what splits have made of a unit; null before any. */
  units: readonly [now: number, then: number] | null;
}

export class InstrumentMarket {
  readonly state: MarketState;
  readonly #firstTimer: number;
  readonly #scenario: Pick<ScenarioInstrument, 'instrument' | 'model'>;
  #units: Units = UNSPLIT;
  #scripted: Scripted = noSpells();
  readonly #makers: readonly MarketMaker[];
  readonly #liquidity: Liquidity;
  /** Only where the scenario asks for one. */
  readonly #queueReactive: QueueReactive | null;
  readonly #arrivals: Arrivals;
  readonly #noise: Noise;
  readonly #momentum: Momentum;
  readonly #fundamentalist: Fundamentalist;
  readonly #splitter: Splitter;
  readonly #contrarian: Contrarian;
  readonly #stopHerd: StopHerd;
  readonly #arbitrageur: Arbitrageur;
  /** By timer, the value's own excepted. */
  readonly #agents: readonly (Agent | null)[];

  /**
   * @param index       Of the instrument in the scenario.
   * @param firstTimer  First of `TIMERS_PER_INSTRUMENT` timers of the kernel that are its own.
   */
  constructor(
    { instrument, model, recording }: ScenarioInstrument,
    index: number,
    firstTimer: number,
    kernel: Kernel,
    seed: number,
    access: MarketAccess,
    links: ValueLinks,
  ) {
    const stream = (name: string) => Random.stream(seed, `${instrument.symbol}/${name}`);
    const parameters = parametersOf(instrument, model);
    const track = recording && new RecordingTrack(recording);
    const value = new LatentValue(parameters, track, links, stream('value'));
    const state: MarketState = {
      parameters,
      book: new BookView(access, index),
      value,
      flow: new OrderFlow(parameters, value.stepNs / 1e9),
      kernel,
    };
    this.state = state;
    this.#scenario = { instrument, model };
    this.#firstTimer = firstTimer;
    this.#makers = MAKERS.map(
      (style, m) =>
        new MarketMaker(
          state,
          style,
          firstTimer + FIRST_MAKER_TIMER + m,
          FIRST_SLOT_OWNER + m * MAKER_OWNERS,
          stream(`maker-${m}`),
          stream(`maker-${m}-layout`),
          MAKERS,
        ),
    );
    this.#liquidity = new Liquidity(state, FIRST_LIQUIDITY_OWNER, stream('liquidity'));
    const { queueReactive } = model;
    this.#queueReactive = queueReactive
      ? new QueueReactive(
          state,
          FIRST_QUEUE_REACTIVE_OWNER,
          queueReactive.ordersPerSecond,
          stream('queue-reactive'),
        )
      : null;
    this.#noise = new Noise(state, stream('noise'));
    this.#momentum = new Momentum(state, stream('momentum'));
    this.#fundamentalist = new Fundamentalist(state, stream('fundamentalist'));
    this.#splitter = new Splitter(state, stream('splitter'));
    this.#contrarian = new Contrarian(state, stream('contrarian'));
    this.#stopHerd = new StopHerd(state, stream('stop-herd'));
    this.#arrivals = new Arrivals(
      state,
      [
        { taker: this.#noise, share: 0.19 },
        { taker: this.#momentum, share: 0.08 },
        { taker: this.#fundamentalist, share: 0.25 },
        { taker: this.#splitter, share: 0.45 },
        { taker: this.#contrarian, share: 0.03 },
      ],
      stream('arrivals'),
    );
    this.#arbitrageur = new Arbitrageur(state, stream('arbitrageur'));
    this.#agents = [
      ...[null, this.#liquidity, this.#arrivals, this.#arbitrageur, this.#queueReactive],
      ...this.#makers,
    ];
  }

  /** Sets every timer for the first time: makers before all others, so that there is a touch. */
  start(nowNs: number): void {
    const { kernel } = this.state;
    for (let m = 0; m < this.#makers.length; m++) {
      kernel.set(this.#firstTimer + FIRST_MAKER_TIMER + m, nowNs);
    }
    kernel.set(this.#firstTimer + LIQUIDITY_TIMER, nowNs);
    if (this.#queueReactive) kernel.set(this.#firstTimer + QUEUE_REACTIVE_TIMER, nowNs);
    kernel.set(this.#firstTimer + VALUE_TIMER, nowNs + this.state.value.stepNs);
    kernel.set(this.#firstTimer + ARRIVALS_TIMER, nowNs + this.state.value.stepNs);
    kernel.set(this.#firstTimer + ARBITRAGEUR_TIMER, nowNs + this.state.value.stepNs);
  }

  /** @param timer  0 … `TIMERS_PER_INSTRUMENT` − 1. */
  run(timer: number, nowNs: number): void {
    const { kernel } = this.state;
    if (timer === VALUE_TIMER) {
      this.#stepValue(nowNs);
      kernel.set(this.#firstTimer + VALUE_TIMER, nowNs + this.state.value.stepNs);
      return;
    }
    if (timer >= FIRST_MAKER_TIMER && nowNs < this.#scripted.makersAwayUntilNs) {
      this.#makers[timer - FIRST_MAKER_TIMER]!.withdraw();
      kernel.set(this.#firstTimer + timer, this.#scripted.makersAwayUntilNs + timer * RETURN_NS);
      return;
    }
    let nextNs = this.#agents[timer]!.wake(nowNs);
    const isLimitOrders = timer === LIQUIDITY_TIMER || timer === QUEUE_REACTIVE_TIMER;
    if (isLimitOrders && nowNs < this.#scripted.thinUntilNs) {
      nextNs = nowNs + (nextNs - nowNs) * this.#scripted.thinTimes;
    }
    // A fill of its own order may have called the agent back sooner than it planned.
    const planned = kernel.dueNs(this.#firstTimer + timer);
    if (planned < 0 || nextNs < planned) kernel.set(this.#firstTimer + timer, nextNs);
  }

  /** Carries out one event of the scenario's script. */
  runScripted(event: CrowdEvent, nowNs: number): void {
    const { kernel } = this.state;
    runScripted(event, nowNs, this.state, this.#scripted);
    if (event.type !== 'makerWithdrawal') return;
    for (let m = 0; m < this.#makers.length; m++) {
      kernel.set(this.#firstTimer + FIRST_MAKER_TIMER + m, nowNs);
    }
  }

  /**
   * A split, after which the book is empty: everybody goes on with the same view and the same money,
   * counted in other units, and quotes anew.
   */
  split(newUnits: number, oldUnits: number, nowNs: number): void {
    const priceFactor = oldUnits / newUnits;
    const sizeFactor = newUnits / oldUnits;
    this.adoptUnits(splitUnits(this.#units, newUnits, oldUnits));
    const { value, flow, parameters, kernel } = this.state;
    value.rescale(priceFactor, this.#units.priceFactor);
    flow.rescale(parameters, sizeFactor);
    this.#momentum.rescale(priceFactor);
    this.#contrarian.rescale(priceFactor);
    this.#stopHerd.rescale(priceFactor, sizeFactor);
    this.#makers.forEach((maker, m) => {
      maker.rescale(priceFactor, sizeFactor);
      kernel.set(this.#firstTimer + FIRST_MAKER_TIMER + m, nowNs);
    });
    this.#liquidity.reopen();
    kernel.set(this.#firstTimer + LIQUIDITY_TIMER, nowNs);
  }

  /** What the agents know of the instrument, on the scale of now. */
  adoptUnits(units: Units): void {
    const { instrument, model } = this.#scenario;
    this.#units = units;
    Object.assign(this.state.parameters, parametersOf(instrument, model, units));
  }

  #stepValue(nowNs: number): void {
    const { value, flow } = this.state;
    value.step(nowNs);
    flow.step();
    this.#momentum.observe(nowNs);
    this.#contrarian.observe();
    this.#liquidity.withdrawStale();
    this.#queueReactive?.withdrawStale();
    this.#stopHerd.step();
    const fair = fairTicks(this.state);
    const alarm = Math.max(0.5, ALARM_SPREADS * value.spreadTicks);
    for (const maker of this.#makers) {
      if (Math.abs(fair - maker.fairTicks) > alarm) maker.lookWithin(nowNs);
    }
  }

  onFill(
    nowNs: number,
    makerOwner: number,
    makerLeavesLots: number,
    takerOwner: number,
    takerSide: SideCode,
    lots: number,
  ): void {
    const { flow, value } = this.state;
    const isTrader = takerOwner === TRADER_OWNER;
    flow.addStress(lots);
    // Arbitrage only carries out what the makers' price says already, and what the crowd did on a
    // recorded day is in the recorded price: neither is news.
    if (isTrader || (takerOwner !== TAKER_OWNER.arbitrageur && !value.isReplay)) {
      flow.addFlow(takerSide === BUY ? lots : -lots);
    }
    if (isTrader) flow.noteOutsideTrade(nowNs);
    this.noteOwnFill(nowNs, makerOwner, makerLeavesLots, lots);
  }

  /** Tells whoever's resting order it was. */
  noteOwnFill(nowNs: number, makerOwner: number, makerLeavesLots: number, lots: number): void {
    if (makerOwner >= FIRST_QUEUE_REACTIVE_OWNER) {
      this.#queueReactive!.onFill(makerOwner - FIRST_QUEUE_REACTIVE_OWNER, makerLeavesLots);
    } else if (makerOwner >= FIRST_LIQUIDITY_OWNER) {
      this.#liquidity.onFill(makerOwner - FIRST_LIQUIDITY_OWNER, makerLeavesLots);
    } else if (makerOwner >= FIRST_SLOT_OWNER) {
      const owner = makerOwner - FIRST_SLOT_OWNER;
      const maker = this.#makers[Math.floor(owner / MAKER_OWNERS)]!;
      maker.onFill(owner % MAKER_OWNERS, makerLeavesLots, lots, nowNs);
    }
  }

  snapshot(): InstrumentMarketSnapshot {
    return {
      value: this.state.value.snapshot(),
      flow: this.state.flow.snapshot(),
      makers: this.#makers.map((maker) => maker.snapshot()),
      liquidity: this.#liquidity.snapshot(),
      queueReactive: this.#queueReactive?.snapshot() ?? null,
      arrivals: this.#arrivals.snapshot(),
      noise: this.#noise.snapshot(),
      momentum: this.#momentum.snapshot(),
      fundamentalist: this.#fundamentalist.snapshot(),
      splitter: this.#splitter.snapshot(),
      contrarian: this.#contrarian.snapshot(),
      stopHerd: this.#stopHerd.snapshot(),
      arbitrageur: this.#arbitrageur.snapshot(),
      scripted: { ...this.#scripted },
      units: this.#units === UNSPLIT ? null : this.#units.ratio,
    };
  }

  restore(snapshot: InstrumentMarketSnapshot): void {
    if (snapshot.units) {
      this.adoptUnits(unitsOf(...snapshot.units));
      this.state.flow.rescale(this.state.parameters, 1);
    }
    this.state.value.restore(snapshot.value, this.#units.priceFactor);
    this.state.flow.restore(snapshot.flow);
    snapshot.makers.forEach((maker, m) => {
      this.#makers[m]!.restore(maker);
    });
    this.#liquidity.restore(snapshot.liquidity);
    if (snapshot.queueReactive) this.#queueReactive?.restore(snapshot.queueReactive);
    this.#arrivals.restore(snapshot.arrivals);
    this.#noise.restore(snapshot.noise);
    this.#momentum.restore(snapshot.momentum);
    this.#fundamentalist.restore(snapshot.fundamentalist);
    this.#splitter.restore(snapshot.splitter);
    this.#contrarian.restore(snapshot.contrarian);
    this.#stopHerd.restore(snapshot.stopHerd);
    this.#arbitrageur.restore(snapshot.arbitrageur);
    this.#scripted = { ...snapshot.scripted };
  }
}
