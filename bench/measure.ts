/** How the engine bench measures: rates, single operations, and what they allocate. */
import { quantile } from './statistics.ts';

export interface Path {
  /** Runs the next `count` operations. */
  run(count: number): void;
}

export interface Latency {
  p50Ns: number;
  p99Ns: number;
  p999Ns: number;
}

/** Operations per second. */
export function rateOf(path: Path, count: number): number {
  const started = performance.now();
  path.run(count);
  return count / ((performance.now() - started) / 1_000);
}

/**
 * Operations timed one by one; includes what reading the clock takes, about 40 ns. A clock that says
 * big integers would leave more for the collector than the operations do.
 */
export function latencyOf(path: Path, count: number): Latency {
  const nanoseconds = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    path.run(1);
    nanoseconds[i] = Math.round((performance.now() - started) * 1_000_000);
  }
  return {
    p50Ns: quantile(nanoseconds, 0.5),
    p99Ns: quantile(nanoseconds, 0.99),
    p999Ns: quantile(nanoseconds, 0.999),
  };
}

/**
 * Bytes that an operation leaves on the heap, garbage included: growth over a stretch in which the
 * collector did not run, the median of several.
 */
export function bytesPerOperation(path: Path, count: number, stretches: number): number {
  const grown: number[] = [];
  for (let i = 0; i < stretches; i++) {
    const before = process.memoryUsage().heapUsed;
    path.run(count);
    const bytes = process.memoryUsage().heapUsed - before;
    if (bytes >= 0) grown.push(bytes / count);
  }
  return quantile(grown, 0.5);
}
