/**
 * One workload of the engine bench in a process of its own, so that "cold" is cold and the peak of
 * memory is its own: `node bench/engine-run.ts <resting> <reference operations>`, result as JSON.
 */
import {
  type Contender,
  nodejsOrderBook,
  sandpitAgents,
  sandpitBook,
  sandpitTrades,
} from './books.ts';
import { bytesPerOperation, type Latency, latencyOf, type Path, rateOf } from './measure.ts';
import { makeOperations, type Operations } from './operations.ts';
import { quantile, type Spread, spreadOf } from './statistics.ts';
import { COMMANDS_MAX, EventsAlone, MANY_OPEN_ORDERS, TraderPath } from './trader-path.ts';

const SEED = 20_261_121;
const OPERATIONS = 1_000_000;
const REPEATS = 5;
/** What a process has done of a path before it counts as warm, the cold run included. */
const WARM_UP_OPERATIONS = 1_000_000;
/** Of each path, its last fifth is timed one by one, and its last tenth watched for allocations. */
const LATENCY_SHARE = 0.2;
const ALLOCATION_SHARE = 0.1;
const ALLOCATION_STRETCHES = 20;

export interface PathResult extends Latency {
  /** Operations per second. Cold: the first run of a fresh process. Warm: after a million. */
  coldPerSecond: number;
  warmPerSecond: Spread;
  bytesPerOperation: number;
}

export interface EngineResult {
  resting: number;
  /** Orders that rested in the book after the last operation. */
  restingAtEnd: number;
  trades: number;
  book: PathResult;
  /** The agents' path of the exchange: fingerprint and trade reports, no account. */
  agents: PathResult;
  /** The trader's: risk, account, settlement, events. Operations are commands. */
  trader: PathResult;
  /** The same with `MANY_OPEN_ORDERS` of his own resting. */
  maker: PathResult;
  /** Of those commands' events alone, as objects: a part of the trader's that no engine saves. */
  events: PathResult;
  /** Of the process before the reference ran, the workload itself included. */
  peakMegabytes: number;
  referencePerSecond: number;
  /** Warm median of the book over the reference. */
  ratio: number;
}

if (import.meta.main) {
  const [resting, referenceOperations] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(benchWorkload(resting!, referenceOperations!)));
}

function benchWorkload(resting: number, referenceOperations: number): EngineResult {
  const operations = makeOperations(OPERATIONS, resting, SEED);
  const ends = sandpitBook(operations.places);
  const book = measure(
    () => afterPreload(ends, operations),
    OPERATIONS,
    () => afterPreload(sandpitBook(operations.places), operations),
  );
  const { trades, resting: restingAtEnd } = ends.traded();
  const agents = measure(
    () => afterPreload(sandpitAgents(operations.places), operations),
    OPERATIONS,
  );
  const trader = measure(() => new TraderPath(operations), COMMANDS_MAX);
  const maker = measure(() => new TraderPath(operations, MANY_OPEN_ORDERS), COMMANDS_MAX);
  const peakMegabytes = process.resourceUsage().maxRSS / 1_024;
  const events = measure(() => new EventsAlone(operations, COMMANDS_MAX), COMMANDS_MAX);
  const referencePerSecond = reference(makeOperations(referenceOperations, resting, SEED));
  const ratio = book.warmPerSecond.median / referencePerSecond;
  return {
    resting,
    restingAtEnd,
    trades,
    book,
    agents,
    trader,
    maker,
    events,
    peakMegabytes,
    referencePerSecond,
    ratio,
  };
}

/** A contender whose book is filled; `run` goes on from where it stands. */
function afterPreload(contender: Contender, operations: Operations): Path {
  contender.run(operations, 0, operations.preload);
  let next = operations.preload;
  return {
    run(count) {
      const to = Math.min(next + count, operations.count);
      contender.run(operations, next, to);
      next = to;
    },
  };
}

/** @param first  Makes the path of the cold run, when it is to be another. */
function measure(first: () => Path, count: number, make = first): PathResult {
  const coldPerSecond = rateOf(first(), count);
  for (let done = count; done < WARM_UP_OPERATIONS; done += count) make().run(count);
  const warm = Array.from({ length: REPEATS }, () => rateOf(make(), count));
  const timed = make();
  timed.run(count * (1 - LATENCY_SHARE));
  const latency = latencyOf(timed, count * LATENCY_SHARE);
  const allocating = make();
  allocating.run(count * (1 - ALLOCATION_SHARE));
  const stretch = (count * ALLOCATION_SHARE) / ALLOCATION_STRETCHES;
  return {
    coldPerSecond,
    warmPerSecond: spreadOf(warm),
    ...latency,
    bytesPerOperation: bytesPerOperation(allocating, stretch, ALLOCATION_STRETCHES),
  };
}

/** Rate of the reference, after checking that both books make the same trades, one by one. */
function reference(operations: Operations): number {
  const theirs: string[] = [];
  nodejsOrderBook(theirs).run(operations, 0, operations.count);
  const ours = sandpitTrades(operations);
  const at = ours.findIndex((trade, i) => trade !== theirs[i]);
  if (ours.length !== theirs.length || at >= 0) {
    const pair = JSON.stringify({ ours: ours[at], theirs: theirs[at] });
    throw new Error(`The books disagree, so there is nothing to compare: trade ${at}, ${pair}`);
  }
  const path = () => afterPreload(nodejsOrderBook(), operations);
  const count = operations.count - operations.preload;
  return quantile([rateOf(path(), count), rateOf(path(), count), rateOf(path(), count)], 0.5);
}
