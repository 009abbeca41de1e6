/**
 * Connections to judge the order gate by: one-way delays and interruptions over ten minutes, made from
 * a seed. What a trace is of, and how its figures were set, stands in docs/sessions.md.
 */

export const TRACE_MS = 600_000;

/** Nothing moves from `fromMs` on; what was sent meanwhile arrives after `toMs`. */
export interface Stall {
  fromMs: number;
  toMs: number;
}

/** To the server, and from it. */
export type Way = 'up' | 'down';

export interface Trace {
  /** One of `TRACE_KINDS`, or the name of a recording. */
  kind: string;
  seed: number;
  /** One way, of what is sent at that time. */
  delayMs(atMs: number, way: Way): number;
  stalls: readonly Stall[];
  /** The device does nothing, and its clock stands still. */
  sleeps: readonly Stall[];
  /** From these moments on connections that are open are dead, and nobody is told. */
  halfOpensMs: readonly number[];
}

export type Random = () => number;

/** mulberry32: small, fast, and the same everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const between = (random: Random, low: number, high: number) => low + random() * (high - low);
/** Skewed to the right, as delays are: median 1, one in a hundred above about `spread`. */
const skewed = (random: Random, spread: number) => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp((Math.log(spread) / 2.33) * normal);
};

/** Interruptions with exponential pauses between them. */
function stallsOf(random: Random, meanPauseMs: number, low: number, high: number): Stall[] {
  const stalls: Stall[] = [];
  let atMs = 20_000;
  for (;;) {
    atMs += -Math.log(1 - random()) * meanPauseMs;
    if (atMs >= TRACE_MS) return stalls;
    const toMs = atMs + between(random, low, high);
    stalls.push({ fromMs: atMs, toMs });
    atMs = toMs + 2_000;
  }
}

/** A delay for every 100 ms, the same for whoever asks again. */
function delays(at: (atMs: number) => number): (atMs: number) => number {
  const values = Float64Array.from({ length: TRACE_MS / 100 + 1 }, (_, i) => at(i * 100));
  return (atMs) => values[Math.min(values.length - 1, Math.max(0, Math.floor(atMs / 100)))]!;
}

type Shape = Pick<Trace, 'delayMs' | 'stalls'> & { halfOpensMs?: number[]; sleeps?: Stall[] };

const smooth = (random: Random, medianMs: number, spread: number) =>
  delays(() => medianMs * skewed(random, spread));

/** Queues that fill and drain: the delay climbs for half a minute and more, and falls again. */
function climbOf(random: Random, low: number, high: number): (atMs: number) => number {
  const peaks = [1, 2, 3].map((i) => ({
    atMs: i * 150_000 + between(random, -20_000, 20_000),
    widthMs: between(random, 20_000, 40_000),
    heightMs: between(random, low, high),
  }));
  return (atMs) =>
    peaks.reduce((sum, { atMs: top, widthMs, heightMs }) => {
      return sum + Math.max(0, 1 - Math.abs(atMs - top) / widthMs) * heightMs;
    }, 0);
}

function bufferbloat(random: Random): Shape {
  const climb = climbOf(random, 1_500, 4_500);
  const base = smooth(random, 20, 3);
  return { delayMs: delays((atMs) => base(atMs) + climb(atMs)), stalls: [] };
}

/** Somebody at home sends something large: only the way there is full, and half of the round trip lies. */
function upload(random: Random): Shape {
  const climb = climbOf(random, 2_000, 9_000);
  const base = smooth(random, 20, 3);
  const up = delays((atMs) => base(atMs) + climb(atMs));
  return { delayMs: (atMs, way) => (way === 'up' ? up(atMs) : base(atMs)), stalls: [] };
}

const SHAPES = {
  steady: (random) => ({ delayMs: smooth(random, 8, 2), stalls: [] }),
  wifi: (random) => ({
    delayMs: smooth(random, 15, 6),
    stalls: stallsOf(random, 30_000, 100, 500),
  }),
  mobile: (random) => ({
    delayMs: smooth(random, 45, 5),
    stalls: stallsOf(random, 40_000, 300, 2_000),
  }),
  satellite: (random) => ({
    delayMs: smooth(random, 310, 1.4),
    stalls: stallsOf(random, 60_000, 500, 2_500),
  }),
  spikes: (random) => ({
    delayMs: smooth(random, 25, 3),
    stalls: stallsOf(random, 8_000, 500, 3_000),
  }),
  flapping: (random) => ({
    delayMs: smooth(random, 40, 4),
    stalls: stallsOf(random, 4_000, 1_000, 4_000),
  }),
  tunnel: (random) => ({
    delayMs: smooth(random, 50, 5),
    stalls: stallsOf(random, 90_000, 8_000, 60_000),
  }),
  bufferbloat,
  upload,
  /** A lid that is closed now and then: connections outlive it, the clock does not. */
  sleeping: (random) => {
    const sleeps = stallsOf(random, 80_000, 5_000, 90_000);
    return { delayMs: smooth(random, 25, 4), stalls: sleeps, sleeps };
  },
  halfOpen: (random) => ({
    delayMs: smooth(random, 20, 3),
    stalls: [],
    halfOpensMs: [1, 2, 3].map((i) => i * 150_000 + between(random, -30_000, 30_000)),
  }),
  dying: (random) => {
    const endMs = between(random, 200_000, 400_000);
    const before = stallsOf(random, 25_000, 500, 6_000).filter(({ toMs }) => toMs < endMs);
    return {
      delayMs: smooth(random, 60, 5),
      stalls: [...before, { fromMs: endMs, toMs: TRACE_MS - 5_000 }],
    };
  },
} satisfies Record<string, (random: Random) => Shape>;

export type TraceKind = keyof typeof SHAPES;
export const TRACE_KINDS = Object.keys(SHAPES) as TraceKind[];

export function traceOf(kind: TraceKind, seed: number): Trace {
  const random = randomOf(seed * 31 + TRACE_KINDS.indexOf(kind));
  const shape: Shape = SHAPES[kind](random);
  return { halfOpensMs: [], sleeps: [], ...shape, kind, seed };
}
