/**
 * The crowd of a whole scenario on one clock.
 *
 * Deterministic: scenario, seed and what the trader's orders did at which simulated time decide
 * everything. `advanceTo(a)` then `advanceTo(b)` equals `advanceTo(b)`.
 */
import type { Scenario, ScenarioInstrument } from '@sandpit/schemas/scenario.ts';
import type { CrowdEvent } from '@sandpit/schemas/script.ts';
import type { FillListener, MarketAccess, SideCode } from './access.ts';
import { Basket } from './basket.ts';
import {
  InstrumentMarket,
  type InstrumentMarketSnapshot,
  TIMERS_PER_INSTRUMENT,
} from './instrument-market.ts';
import { Kernel, type KernelSnapshot } from './kernel.ts';
import type { ValueLinks } from './latent-value.ts';
import { Random } from './random.ts';
import { Sector, type SectorSnapshot } from './sector.ts';

export interface MarketSnapshot {
  seed: number;
  kernel: KernelSnapshot;
  sector: SectorSnapshot;
  instruments: InstrumentMarketSnapshot[];
}

/** Where a market goes on whose past it did not make itself. */
export interface MarketStart {
  simNs: number;
  /** Mid prices in ticks, one per instrument; null keeps the scenario's. */
  midTicks: readonly (number | null)[];
  /** Splits of its past, in order. */
  splits?: readonly { instrument: number; newUnits: number; oldUnits: number }[];
}

export class Market implements FillListener {
  readonly #seed: number;
  readonly #kernel: Kernel;
  readonly #instruments: readonly InstrumentMarket[];
  readonly #sector: Sector;
  readonly #run: (timer: number) => void;
  readonly #access: MarketAccess;

  /**
   * Nothing is submitted before the first `advanceTo`; the opening quotes come at time 0 (or at
   * `start.simNs`), before any trade.
   *
   * @param seed    Whole number, 0 … 2³² − 1.
   * @param access  The books, empty of crowd orders.
   */
  constructor(scenario: Scenario, seed: number, access: MarketAccess, start?: MarketStart) {
    const kernel = new Kernel(scenario.instruments.length * TIMERS_PER_INSTRUMENT);
    [this.#seed, this.#kernel, this.#access] = [seed, kernel, access];
    this.#sector = new Sector(Random.stream(seed, 'sector'));
    this.#instruments = crowds(scenario, kernel, seed, access, this.#sector);
    this.#run = (timer) => this.#wake(timer);
    const simNs = start?.simNs ?? 0;
    kernel.advanceTo(simNs, this.#run);
    for (const { instrument, ...ratio } of start?.splits ?? []) this.split(instrument, ratio);
    this.#instruments.forEach((instrument, i) => {
      const mid = start?.midTicks[i];
      if (mid) instrument.state.value.moveTo(mid);
      instrument.start(simNs);
    });
  }

  /** Simulated time of the running event, so of every fill and every book change it makes. */
  get nowNs(): number {
    return this.#kernel.nowNs;
  }

  /** When the crowd acts next; Infinity when it never does. */
  get nextNs(): number {
    return this.#kernel.nextNs;
  }

  /** Runs the crowd up to and including `simNs`. */
  advanceTo(simNs: number): void {
    this.#kernel.advanceTo(simNs, this.#run);
  }

  /** Carries out one event of the scenario's script, at the kernel's time. */
  runScripted(instrument: number, event: CrowdEvent): void {
    this.#instruments[instrument]!.runScripted(event, this.#kernel.nowNs);
    this.#access.afterEvent();
  }

  onFill(
    instrument: number,
    makerOwner: number,
    makerLeavesLots: number,
    takerOwner: number,
    takerSide: SideCode,
    _priceTicks: number,
    lots: number,
  ): void {
    this.#instruments[instrument]!.onFill(
      this.#kernel.nowNs,
      makerOwner,
      makerLeavesLots,
      takerOwner,
      takerSide,
      lots,
    );
  }

  onAuctionFill(instrument: number, owner: number, leavesLots: number, lots: number): void {
    this.#instruments[instrument]!.noteOwnFill(this.#kernel.nowNs, owner, leavesLots, lots);
  }

  /** News that everybody understands alike: the value moves by so many ticks at once. */
  moveValue(instrument: number, byTicks: number): void {
    const { value } = this.#instruments[instrument]!.state;
    value.moveTo(Math.max(1, value.valueTicks + byTicks));
  }

  /** The instrument is counted in other units; its book is empty. */
  split(instrument: number, { newUnits, oldUnits }: { newUnits: number; oldUnits: number }): void {
    this.#instruments[instrument]!.split(newUnits, oldUnits, this.#kernel.nowNs);
  }

  /** Plain JSON values; the snapshot of a restored market is the same text. */
  snapshot(): MarketSnapshot {
    return {
      seed: this.#seed,
      kernel: this.#kernel.snapshot(),
      sector: this.#sector.snapshot(),
      instruments: this.#instruments.map((instrument) => instrument.snapshot()),
    };
  }

  /** @param access  The books as they were at the snapshot, handles included. */
  static restore(scenario: Scenario, snapshot: MarketSnapshot, access: MarketAccess): Market {
    const market = new Market(scenario, snapshot.seed, access);
    market.#kernel.restore(snapshot.kernel);
    market.#sector.restore(snapshot.sector);
    snapshot.instruments.forEach((instrument, i) => {
      market.#instruments[i]!.restore(instrument);
    });
    return market;
  }

  #wake(timer: number): void {
    const instrument = Math.floor(timer / TIMERS_PER_INSTRUMENT);
    this.#instruments[instrument]!.run(timer % TIMERS_PER_INSTRUMENT, this.#kernel.nowNs);
    this.#access.afterEvent();
  }
}

function crowds(
  { instruments }: Scenario,
  kernel: Kernel,
  seed: number,
  access: MarketAccess,
  sector: Sector,
): InstrumentMarket[] {
  const crowd: InstrumentMarket[] = [];
  // Members come before the baskets that hold them, so what they look up is there.
  for (const [i, item] of instruments.entries()) {
    const links = { sector, ...linksOf(item, instruments, crowd) };
    const firstTimer = i * TIMERS_PER_INSTRUMENT;
    crowd.push(new InstrumentMarket(item, i, firstTimer, kernel, seed, access, links));
  }
  return crowd;
}

function linksOf(
  { model }: ScenarioInstrument,
  instruments: readonly ScenarioInstrument[],
  crowd: readonly InstrumentMarket[],
): Omit<ValueLinks, 'sector'> {
  const { basket, sectorCorrelation = 0 } = model;
  if (!basket) return { sectorCorrelation, basketOf: null };
  const members = basket.members.map(({ symbol, weight }) => {
    const index = instruments.findIndex(({ instrument }) => instrument.symbol === symbol);
    const { value, parameters } = crowd[index]!.state;
    return {
      weight,
      // Splits change it.
      referenceTicks: () => parameters.referenceTicks,
      valueTicks: () => value.valueTicks,
    };
  });
  return { sectorCorrelation, basketOf: (stepSeconds) => new Basket(basket, members, stepSeconds) };
}
