/** How often the order gate errs: sound orders that it refuses, unsound ones that it lets pass. */
import { type OrderSeen, type PlayOptions, play } from './client.ts';
import type { Recording } from './record.ts';
import { traceOfRecording } from './recorded.ts';
import { TRACE_KINDS, traceOf } from './traces.ts';

/** Sound: quickly here, and sent in sight of the market. */
const SOUND = { tripMs: 1_500, blindMs: 3_000 };
/** Unsound: long on its way, or sent without having seen the market for long. Between them either is right. */
const UNSOUND = { tripMs: 10_000, blindMs: 15_000 };

/** Of either kind of error, on each kind of connection. */
export const ERRORS_MAX = 0.01;

export interface Score {
  /** Of connection, or `all`. */
  kind: string;
  orders: number;
  sound: number;
  falseBlocks: number;
  unsound: number;
  falsePasses: number;
}

export const isRefused = ({ state }: OrderSeen): boolean =>
  state === 'reduceOnly' || state === 'closed' || state === 'stale';
const tripMs = ({ sentMs, arrivedMs }: OrderSeen) => arrivedMs - sentMs;
const isSound = (order: OrderSeen) =>
  tripMs(order) <= SOUND.tripMs && order.blindMs <= SOUND.blindMs;
const isUnsound = (order: OrderSeen) =>
  tripMs(order) >= UNSOUND.tripMs || order.blindMs >= UNSOUND.blindMs;

export function scoreOf(kind: Score['kind'], orders: readonly OrderSeen[]): Score {
  const sound = orders.filter(isSound);
  const unsound = orders.filter(isUnsound);
  return {
    kind,
    orders: orders.length,
    sound: sound.length,
    falseBlocks: sound.filter(isRefused).length,
    unsound: unsound.length,
    falsePasses: unsound.filter((order) => !isRefused(order)).length,
  };
}

export interface Evaluation extends Partial<PlayOptions> {
  /** Of each generated kind, and traders on each recording. */
  traces: number;
  firstSeed: number;
  recordings?: readonly Recording[];
}

/** One line for each kind of connection, one for each recording, and one for all. */
export function evaluate({
  traces,
  firstSeed,
  stamps = true,
  recordings = [],
}: Evaluation): Score[] {
  const lines = [
    ...TRACE_KINDS.map((kind) => ({ kind, traceAt: (seed: number) => traceOf(kind, seed) })),
    ...recordings.map((recording) => ({
      kind: recording.name,
      traceAt: (seed: number) => traceOfRecording(recording, seed),
    })),
  ];
  const all: OrderSeen[] = [];
  const scores = lines.map(({ kind, traceAt }) => {
    const orders = Array.from({ length: traces }, (_, i) =>
      play(traceAt(firstSeed + i), { stamps }),
    ).flat();
    all.push(...orders);
    return scoreOf(kind, orders);
  });
  return [...scores, scoreOf('all', all)];
}

/** The largest share of errors of either sort among the scores. */
export const worstOf = (scores: readonly Score[]): number =>
  Math.max(
    ...scores.flatMap(({ falseBlocks, sound, falsePasses, unsound }) => [
      share(falseBlocks, sound),
      share(falsePasses, unsound),
    ]),
  );

export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
