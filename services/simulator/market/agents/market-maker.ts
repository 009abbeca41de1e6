/**
 * A market maker: a ladder of resting quotes on both sides of a reservation price that leans against
 * its inventory, wider when the market is volatile or was just hit hard.
 *
 * Source: Avellaneda & Stoikov, Quantitative Finance 8 (2008): quote around mid − inventory × risk.
 * Risk aversion is expressed as a share of the spread at the inventory limit, which needs no horizon.
 */
import { BUY, SELL, type SideCode } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { exp } from '../math.ts';
import { Random, type RandomState } from '../random.ts';
import { roundedLots } from '../sizes.ts';
import { type Agent, waitNs } from './agent.ts';

export interface MakerStyle {
  levels: number;
  /** Half-spread relative to the usual one. */
  width: number;
  /** Share of the instrument's depth shown at the first level. */
  share: number;
  /** Looks at its quotes this often when nothing happens. */
  looksPerSecond: number;
  /** Distance between its levels in grains. */
  spacing: number;
}

/** Owners of a maker's quotes: `firstOwner` + side × MAX_LEVELS + level. */
export const MAX_LEVELS = 32;
export const MAKER_OWNERS = 2 * MAX_LEVELS;

/** Quotes placed or moved per look; the rest follows at the next, which then comes soon. */
const CHANGES_PER_LOOK = 8;
const BUSY_PAUSE_NS = 30_000_000;
/** Reaction to a fill: a fixed part and an exponential one. */
const REACTION_NS = 4_000_000;
const REACTION_SPREAD_NS = 25_000_000;
/** Inventory in first-level sizes at which the quotes lean by `MAX_LEAN` spreads. */
const INVENTORY_LIMIT_LEVELS = 25;
const MAX_LEAN = 0.9;
/** Inventory is handed on elsewhere over about this long, so a one-sided day does not pin a maker. */
const INVENTORY_SECONDS = 400;
const WIDTH_SIGMA = 0.22;
const WIDTH_KEEP = 0.8;
const SPARSE_WIDTH = 0.65;
const WIDEN_PER_STRESS = 0.8;
/** A quote below this share of its size is topped up. */
const TOP_UP_SHARE = 0.35;
/** Of a recorded book makers show this part; the rest is the crowd's. */
const RECORDED_PART = 0.95;
/** A quote is renewed when the recorded book wants so many times more of it, or less. */
const RECORDED_CHANGE = 1.5;
/** The touch follows the fair price only past this many ticks, so that quotes do not flicker. */
const IDLE_TICKS = 0.2;
/** Where the spread is one tick, a move costs the place in a long queue: makers wait for more. */
const IDLE_TICKS_LARGE_TICK = 0.7;

export interface MarketMakerSnapshot {
  random: RandomState;
  /** Signed lots; positive = long. */
  inventoryLots: number;
  inventoryAtNs: number;
  widthNoise: number;
  centreTicks: number;
  fairTicks: number;
  /** Resting quotes: `[quote, priceTicks, lots, wantedLots, handle]`. */
  quotes: number[][];
}

export class MarketMaker implements Agent<MarketMakerSnapshot> {
  readonly #state: MarketState;
  readonly #style: MakerStyle;
  readonly #timer: number;
  readonly #firstOwner: number;
  #random: Random;
  /** Fixed unevenness of the ladder, so that makers do not stack on the same ticks. */
  readonly #offset: Float64Array;
  /** By level, what of a recorded book's lots there it shows. */
  readonly #recordedParts: readonly number[];
  readonly #priceTicks = new Float64Array(MAKER_OWNERS);
  readonly #lots = new Float64Array(MAKER_OWNERS);
  readonly #wantedLots = new Float64Array(MAKER_OWNERS);
  readonly #handle = new Float64Array(MAKER_OWNERS);
  #inventoryLots = 0;
  #inventoryAtNs = 0;
  #widthNoise = 0;
  #centreTicks = 0;
  #fairTicks = 0;

  constructor(
    state: MarketState,
    style: MakerStyle,
    timer: number,
    firstOwner: number,
    random: Random,
    layout: Random,
    crew: readonly MakerStyle[],
  ) {
    this.#state = state;
    this.#style = style;
    this.#recordedParts = recordedParts(style, crew);
    this.#timer = timer;
    this.#firstOwner = firstOwner;
    this.#random = random;
    this.#offset = Float64Array.from({ length: MAKER_OWNERS }, () => layout.uniform() - 0.5);
  }

  /** The fair price at its last look, in ticks. */
  get fairTicks(): number {
    return this.#fairTicks;
  }

  /** One of this maker's quotes traded: it looks again within milliseconds. */
  onFill(quote: number, leavesLots: number, lots: number, nowNs: number): void {
    this.#lots[quote] = leavesLots;
    this.#inventoryLots += quote < MAX_LEVELS ? lots : -lots;
    this.lookWithin(nowNs);
  }

  /** Something happened: look again after a reaction time, unless it was going to sooner. */
  lookWithin(nowNs: number): void {
    const { kernel } = this.#state;
    const due = nowNs + REACTION_NS + Math.ceil(this.#random.exponential() * REACTION_SPREAD_NS);
    const planned = kernel.dueNs(this.#timer);
    if (planned < 0 || due < planned) kernel.set(this.#timer, due);
  }

  /** Takes every quote back. */
  withdraw(): void {
    for (let quote = 0; quote < MAKER_OWNERS; quote++) {
      if (this.#lots[quote] === 0) continue;
      this.#state.book.cancel(this.#handle[quote]!);
      this.#lots[quote] = 0;
    }
  }

  wake(nowNs: number): number {
    this.#forgetInventory(nowNs);
    this.#widthNoise =
      this.#widthNoise * WIDTH_KEEP +
      WIDTH_SIGMA * Math.sqrt(1 - WIDTH_KEEP * WIDTH_KEEP) * this.#random.normal();
    const isDone = this.#requote();
    if (!isDone) return nowNs + BUSY_PAUSE_NS;
    const perSecond = this.#style.looksPerSecond * Math.sqrt(this.#state.value.activity + 0.1);
    return nowNs + waitNs(this.#random.exponential(), perSecond);
  }

  #forgetInventory(nowNs: number): void {
    const seconds = (nowNs - this.#inventoryAtNs) / 1e9;
    this.#inventoryAtNs = nowNs;
    this.#inventoryLots *= exp(-seconds / INVENTORY_SECONDS);
  }

  /** Moves quotes from the touch outwards; false when more is left to do. */
  #requote(): boolean {
    const { value, flow, parameters } = this.#state;
    const stress = flow.stress;
    const limitLots = INVENTORY_LIMIT_LEVELS * parameters.depthLots * this.#style.share;
    const lean = Math.max(-1, Math.min(1, this.#inventoryLots / limitLots)) * MAX_LEAN;
    this.#fairTicks = fairTicks(this.#state);
    const centre = this.#fairTicks - lean * value.spreadTicks;
    const idleTicks = this.#isLargeTick ? IDLE_TICKS_LARGE_TICK : IDLE_TICKS;
    if (Math.abs(centre - this.#centreTicks) > idleTicks) this.#centreTicks = centre;
    // One tick is as tight as it gets: there makers compete by queue, not by price.
    const width =
      parameters.spreadTicks === 1
        ? 1
        : this.#style.width * this.#tightness * exp(this.#widthNoise);
    const half = Math.max(0.5, (value.spreadTicks / 2) * width) * (1 + WIDEN_PER_STRESS * stress);
    this.#pullCrossed();
    let changes = 0;
    for (let level = 0; level < this.#style.levels; level++) {
      changes += this.#quote(BUY, level, half, stress);
      changes += this.#quote(SELL, level, half, stress);
      if (changes >= CHANGES_PER_LOOK) return false;
    }
    return true;
  }

  /** Takes back every quote on the wrong side of the price. */
  #pullCrossed(): void {
    for (let quote = 0; quote < MAKER_OWNERS; quote++) {
      if (this.#lots[quote] === 0) continue;
      const behind = this.#fairTicks - this.#priceTicks[quote]!;
      if (quote < MAX_LEVELS ? behind >= 0 : behind <= 0) continue;
      this.#state.book.cancel(this.#handle[quote]!);
      this.#lots[quote] = 0;
    }
  }

  /** Brings one quote to where it should be; returns 1 when that took an order. */
  #quote(side: SideCode, level: number, halfTicks: number, stress: number): number {
    const quote = side * MAX_LEVELS + level;
    const wanted = this.#wantedTicks(side, level, halfTicks, quote);
    const current = this.#lots[quote]! > 0 ? this.#priceTicks[quote]! : 0;
    if (current > 0 && !this.#isOff(side, level, current, wanted, quote, stress)) return 0;
    if (current > 0) this.#state.book.cancel(this.#handle[quote]!);
    this.#lots[quote] = 0;
    const { book } = this.#state;
    const price =
      side === BUY
        ? Math.min(wanted, book.bestAsk > 0 ? book.bestAsk - 1 : wanted)
        : Math.max(wanted, book.bestBid + 1);
    if (price < 1) return current > 0 ? 1 : 0;
    const lots = this.#levelLots(side, level, stress);
    const handle = book.rest(this.#firstOwner + quote, side, price, lots);
    if (handle === 0) return 1;
    this.#priceTicks[quote] = price;
    this.#lots[quote] = lots;
    this.#wantedLots[quote] = lots;
    this.#handle[quote] = handle;
    return 1;
  }

  #wantedTicks(side: SideCode, level: number, halfTicks: number, quote: number): number {
    const { grainTicks } = this.#state.parameters;
    const uneven = level === 0 ? 0 : this.#offset[quote]! * 0.8;
    const away = halfTicks - 0.5 + Math.max(0, level + uneven) * this.#style.spacing * grainTicks;
    return side === BUY
      ? Math.floor(this.#centreTicks - away)
      : Math.ceil(this.#centreTicks + away);
  }

  /** The further out a quote, the more it may be off before it is worth losing its place. */
  #isOff(
    side: SideCode,
    level: number,
    current: number,
    wanted: number,
    quote: number,
    stress: number,
  ): boolean {
    if (this.#lots[quote]! < this.#wantedLots[quote]! * TOP_UP_SHARE) return true;
    if (this.#isRecordedOtherwise(side, level, quote, stress)) return true;
    const { grainTicks } = this.#state.parameters;
    const tolerance = (level === 0 ? 0.34 : 0.4 + 0.3 * level) * (grainTicks - 1 + (level && 1));
    const off = side === BUY ? current - wanted : wanted - current;
    // Too eager costs money, too shy only a trade: a quote inside its place moves sooner.
    return off > tolerance * 0.7 || off < -tolerance;
  }

  #levelLots(side: SideCode, level: number, stress: number): number {
    const { depthLots, roundLot, maxOrderLots } = this.#state.parameters;
    const growth = 0.7 + 0.6 * Math.min(level, 6);
    const usual =
      depthLots * this.#style.share * this.#crowding * growth * this.#random.logNormal(0.35);
    const recorded = this.#recordedLots(side, level);
    const lots = (recorded < 0 ? usual : recorded) / (1 + stress);
    if (recorded >= 0) return Math.max(1, Math.min(Math.round(lots), maxOrderLots));
    return roundedLots(lots, roundLot, true, maxOrderLots);
  }

  /** Its part of what the recorded book holds where this level stands; −1 without one. */
  #recordedLots(side: SideCode, level: number): number {
    const { value, parameters, kernel } = this.#state;
    const step = this.#style.spacing * parameters.grainTicks;
    const from = level === 0 ? -1 : (level - 0.5) * step;
    const lots = value.recordedLots(kernel.nowNs, side, from, (level + 0.5) * step);
    return lots < 0 ? -1 : lots * this.#recordedParts[level]!;
  }

  #isRecordedOtherwise(side: SideCode, level: number, quote: number, stress: number): boolean {
    const recorded = this.#recordedLots(side, level);
    if (recorded < 0) return false;
    const ratio = Math.max(1, recorded / (1 + stress)) / this.#wantedLots[quote]!;
    return ratio > RECORDED_CHANGE || ratio < 1 / RECORDED_CHANGE;
  }

  /** Whether the spread cannot get smaller and a tick is not next to nothing. */
  get #isLargeTick(): boolean {
    const { grainTicks, spreadTicks } = this.#state.parameters;
    return spreadTicks === 1 && grainTicks < 4;
  }

  /** In a sparse book nobody else narrows the spread, so makers quote closer themselves. */
  get #tightness(): number {
    const { grainTicks, spreadTicks } = this.#state.parameters;
    return grainTicks > spreadTicks / 2 ? SPARSE_WIDTH : 1;
  }

  /** Few orders share a level of a sparse book, many one of a large-tick book. */
  get #crowding(): number {
    const { grainTicks } = this.#state.parameters;
    if (this.#isLargeTick) return 0.6;
    return Math.min(3, Math.sqrt(grainTicks));
  }

  /** After a split, which has taken its quotes out: the same inventory in lots of now. */
  rescale(priceFactor: number, sizeFactor: number): void {
    this.#inventoryLots *= sizeFactor;
    this.#centreTicks *= priceFactor;
    this.#fairTicks *= priceFactor;
  }

  snapshot(): MarketMakerSnapshot {
    const quotes: number[][] = [];
    for (let q = 0; q < MAKER_OWNERS; q++) {
      if (this.#lots[q] === 0) continue;
      quotes.push([
        q,
        this.#priceTicks[q]!,
        this.#lots[q]!,
        this.#wantedLots[q]!,
        this.#handle[q]!,
      ]);
    }
    return {
      random: this.#random.state(),
      inventoryLots: this.#inventoryLots,
      inventoryAtNs: this.#inventoryAtNs,
      widthNoise: this.#widthNoise,
      centreTicks: this.#centreTicks,
      fairTicks: this.#fairTicks,
      quotes,
    };
  }

  restore(snapshot: MarketMakerSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#inventoryLots = snapshot.inventoryLots;
    this.#inventoryAtNs = snapshot.inventoryAtNs;
    this.#widthNoise = snapshot.widthNoise;
    this.#centreTicks = snapshot.centreTicks;
    this.#fairTicks = snapshot.fairTicks;
    this.#lots.fill(0);
    for (const [q, priceTicks, lots, wantedLots, handle] of snapshot.quotes) {
      this.#priceTicks[q!] = priceTicks!;
      this.#lots[q!] = lots!;
      this.#wantedLots[q!] = wantedLots!;
      this.#handle[q!] = handle!;
    }
  }
}

/** The makers share a recorded book; where only the deeper ladders reach, they show all of it. */
function recordedParts(style: MakerStyle, crew: readonly MakerStyle[]): number[] {
  return Array.from({ length: style.levels }, (_, level) => {
    const reached = crew.filter(
      (other) => (other.levels - 0.5) * other.spacing > level * style.spacing,
    );
    const shares = reached.reduce((sum, { share }) => sum + share, 0);
    return (RECORDED_PART * style.share) / shares;
  });
}
