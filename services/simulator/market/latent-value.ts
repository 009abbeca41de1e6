/**
 * The value that informed agents know and makers find out: a slow mean-reverting random walk in log
 * price with stochastic volatility, a wandering drift and rare jumps; or a recorded mid while a
 * recording lasts.
 *
 * Also the climate that goes with it: volatility, activity, the spread that is usual now.
 *
 * Source: two-factor log-volatility as in Chernov et al. (2003) and jumps as in Merton (1976); an
 * informed value behind a zero-intelligence book as in ABIDES (Byrd et al., 2019).
 */

import type { SideCode } from './access.ts';
import type { Basket } from './basket.ts';
import { dayShape, meanDayShape } from './day-shape.ts';
import { exp, log, pow } from './math.ts';
import type { Parameters } from './parameters.ts';
import { Random, type RandomState } from './random.ts';
import type { RecordingTrack } from './recording-track.ts';
import type { Sector } from './sector.ts';

/** How often the value moves; as often as the recording where that is finer. */
const STEP_NS = 250_000_000;
const MIN_STEP_NS = 100_000_000;

/** Share of the variance that comes from here; the rest is made by trading. */
const DIFFUSION_SHARE = 0.6;
const REVERSION_HALF_LIFE_SECONDS = 4 * 3_600;
const SLOW_VOLATILITY = { seconds: 2_700, sigma: 0.46 };
const FAST_VOLATILITY = { seconds: 150, sigma: 0.34 };
/** The drift wanders: this many one-second deviations per second, forgotten over this long. */
const DRIFT = { seconds: 500, sigma: 0.017 };
const JUMPS_PER_SECOND = 1 / 700;
/** Standard deviation of a jump in one-second deviations, and the largest in jump deviations. */
const JUMP_SIZE = 9;
const MAX_JUMP = 2;
/** Wild times make jumps larger by this much at most: news is no larger because trading is. */
const MAX_JUMP_VOLATILITY = 2;
/** The price stays within these factors of the reference, however long it runs. */
const MAX_LOG_MOVE = 0.7;
/** Makers learn a new value over about this long; recorded mids at once. */
const LEARNING_SECONDS = 2;

const ACTIVITY_EXPONENT = 0.9;
const SPREAD_EXPONENT = 0.5;

/** What moves a value besides its own news. */
export interface ValueLinks {
  sector: Sector;
  /** Correlation with the sector's moves, 0 … 1. */
  sectorCorrelation: number;
  /** Follows these instead of wandering by itself. */
  basketOf: ((stepSeconds: number) => Basket) | null;
}

export interface LatentValueSnapshot {
  random: RandomState;
  logValue: number;
  knownTicks: number;
  slow: number;
  fast: number;
  drift: number;
  volatility: number;
  activity: number;
  sizeScale: number;
  spreadTicks: number;
  isReplay: boolean;
  gap: number;
}

export class LatentValue {
  readonly #parameters: Parameters;
  readonly #track: RecordingTrack | null;
  #random: Random;
  #logValue: number;
  #slow: number;
  #fast: number;
  #drift = 0;
  readonly #links: ValueLinks;
  readonly #basket: Basket | null;
  readonly #stepSeconds: number;
  /** What splits have done to prices: the recording is told on the scale of the scenario. */
  #priceFactor = 1;

  /** Time between two steps. */
  readonly stepNs: number;
  /** Whether the value comes from the recording now. */
  isReplay: boolean;

  /** What makers take the value to be, in ticks. */
  knownTicks: number;
  /** Volatility relative to its mean. */
  volatility = 1;
  /** Arrival rates relative to their mean. */
  activity = 1;
  sizeScale = 1;
  spreadTicks: number;

  constructor(
    parameters: Parameters,
    track: RecordingTrack | null,
    links: ValueLinks,
    random: Random,
  ) {
    this.#parameters = parameters;
    this.#track = track;
    this.#random = random;
    this.stepNs = Math.max(MIN_STEP_NS, Math.min(STEP_NS, track?.stepNs ?? STEP_NS));
    this.#stepSeconds = this.stepNs / 1e9;
    this.#links = links;
    this.#basket = links.basketOf?.(this.#stepSeconds) ?? null;
    this.isReplay = track !== null;
    this.knownTicks = track?.midTicks(0) ?? parameters.referenceTicks;
    this.#logValue = log(this.knownTicks);
    this.#slow = SLOW_VOLATILITY.sigma * random.normal();
    this.#fast = FAST_VOLATILITY.sigma * random.normal();
    this.spreadTicks = parameters.spreadTicks;
  }

  get valueTicks(): number {
    return exp(this.#logValue);
  }

  /**
   * Lots of the recorded book, `DepthTrack.lots`, in ticks and lots of now.
   *
   * @returns −1 when there is none, or none any more.
   */
  recordedLots(nowNs: number, side: SideCode, fromTicks: number, toTicks: number): number {
    const depth = this.isReplay && this.#track?.depth;
    if (!depth) return -1;
    const factor = this.#priceFactor;
    return depth.lots(nowNs, side, fromTicks / factor, toTicks / factor) / factor;
  }

  /** Starts again from another price: the market goes on from a quote it did not make itself. */
  moveTo(midTicks: number): void {
    this.#logValue = log(midTicks);
    this.knownTicks = midTicks;
    this.#basket?.settle(log(midTicks / this.#parameters.referenceTicks));
  }

  /** News: the value is another one at once; makers learn it in seconds. */
  shock(bps: number): void {
    this.#logValue += log(1 + bps / 10_000);
    this.#basket?.settle(log(this.valueTicks / this.#parameters.referenceTicks));
  }

  /**
   * After a split; the parameters are on the new scale already.
   *
   * @param byFactor     What this split does to prices.
   * @param priceFactor  What all splits so far have done.
   */
  rescale(byFactor: number, priceFactor: number): void {
    this.#logValue += log(byFactor);
    this.knownTicks *= byFactor;
    this.spreadTicks *= byFactor;
    this.#priceFactor = priceFactor;
  }

  /** One step of `stepNs`, ending at `nowNs`. */
  step(nowNs: number): void {
    this.#links.sector.stepTo(nowNs);
    this.#stepVolatility();
    if (this.#track?.covers(nowNs)) this.#replay(this.#track, nowNs);
    else this.#wander(nowNs);
    const share = this.isReplay ? 1 : 1 - exp(-this.#stepSeconds / LEARNING_SECONDS);
    this.knownTicks += (this.valueTicks - this.knownTicks) * share;
  }

  #stepVolatility(): void {
    this.#slow = this.#ornstein(this.#slow, SLOW_VOLATILITY);
    this.#fast = this.#ornstein(this.#fast, FAST_VOLATILITY);
    // E[exp(2x)] = exp(2σ²): taking σ² off makes the mean square of the volatility 1.
    const correction =
      SLOW_VOLATILITY.sigma * SLOW_VOLATILITY.sigma + FAST_VOLATILITY.sigma * FAST_VOLATILITY.sigma;
    const { sector, sectorCorrelation: c } = this.#links;
    const slow =
      c === 0 ? this.#slow : c * sector.logVolatility + Math.sqrt(1 - c * c) * this.#slow;
    this.volatility = exp(slow + this.#fast - correction);
  }

  #replay(track: RecordingTrack, nowNs: number): void {
    this.isReplay = true;
    this.#logValue = log(track.midTicks(nowNs) * this.#priceFactor);
    this.volatility = 1;
    this.activity = track.activity(nowNs);
    this.sizeScale = track.sizeScale(nowNs);
    this.spreadTicks = track.spreadTicks(nowNs) * this.#priceFactor;
  }

  #wander(nowNs: number): void {
    const random = this.#random;
    const p = this.#parameters;
    const shape = dayShape(p.kind, nowNs / 1e9) / meanDayShape(p.kind);
    const sigma = p.volatilityPerRootSecond * this.volatility * Math.sqrt(shape);
    this.#drift = this.#ornstein(this.#drift, DRIFT);
    let move = sigma * Math.sqrt(DIFFUSION_SHARE * this.#stepSeconds) * this.#news();
    move += sigma * this.#drift * this.#stepSeconds;
    const jump = Math.max(-MAX_JUMP, Math.min(MAX_JUMP, random.normal()));
    if (random.chance(JUMPS_PER_SECOND * this.#stepSeconds)) {
      const calm = Math.min(1, MAX_JUMP_VOLATILITY / this.volatility);
      move += sigma * calm * JUMP_SIZE * jump;
    }
    const away = this.#logValue - log(this.#homeTicks());
    move -= (away * Math.LN2 * this.#stepSeconds) / REVERSION_HALF_LIFE_SECONDS;
    const next = this.#basket ? this.#basket.logMove(random) : away + move;
    this.#logValue += Math.max(-MAX_LOG_MOVE, Math.min(MAX_LOG_MOVE, next)) - away;
    this.isReplay = false;
    this.sizeScale = 1;
    this.activity = Math.min(8, shape * pow(this.volatility, ACTIVITY_EXPONENT));
    this.spreadTicks = p.spreadTicks * pow(this.volatility * Math.sqrt(shape), SPREAD_EXPONENT);
  }

  /** Standard normal: the sector's news and its own. */
  #news(): number {
    const { sector, sectorCorrelation: c } = this.#links;
    const own = this.#random.normal();
    return c === 0 ? own : c * sector.move + Math.sqrt(1 - c * c) * own;
  }

  /** What the value reverts to: after a recording, the price at which it ended. */
  #homeTicks(): number {
    const track = this.#track;
    if (track) return track.midTicks(track.endNs) * this.#priceFactor;
    return this.#parameters.referenceTicks;
  }

  snapshot(): LatentValueSnapshot {
    return {
      random: this.#random.state(),
      logValue: this.#logValue,
      knownTicks: this.knownTicks,
      slow: this.#slow,
      fast: this.#fast,
      drift: this.#drift,
      volatility: this.volatility,
      activity: this.activity,
      sizeScale: this.sizeScale,
      spreadTicks: this.spreadTicks,
      isReplay: this.isReplay,
      gap: this.#basket?.gap ?? 0,
    };
  }

  /** @param priceFactor  As given to `rescale`; 1 before any. */
  restore(snapshot: LatentValueSnapshot, priceFactor: number): void {
    this.#priceFactor = priceFactor;
    this.#random = Random.restore(snapshot.random);
    this.#logValue = snapshot.logValue;
    this.knownTicks = snapshot.knownTicks;
    this.#slow = snapshot.slow;
    this.#fast = snapshot.fast;
    this.#drift = snapshot.drift;
    this.volatility = snapshot.volatility;
    this.activity = snapshot.activity;
    this.sizeScale = snapshot.sizeScale;
    this.spreadTicks = snapshot.spreadTicks;
    this.isReplay = snapshot.isReplay;
    if (this.#basket) this.#basket.gap = snapshot.gap;
  }

  /** One step of an Ornstein–Uhlenbeck process with stationary deviation `sigma`. */
  #ornstein(x: number, process: { seconds: number; sigma: number }): number {
    const keep = exp(-this.#stepSeconds / process.seconds);
    return x * keep + process.sigma * Math.sqrt(1 - keep * keep) * this.#random.normal();
  }
}
