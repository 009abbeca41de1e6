/**
 * What the runtime may know of the machine it runs on. Handed in, so that the seeded simulation can
 * drive the same code with virtual time.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Host {
  /** Host time, whole ms since the epoch: it is recorded as such. May jump. */
  wallMs(): number;
  /** Never goes back, counts a suspended process too; only differences mean something. */
  monotonicMs(): number;
  /** Uniform in [0, 1): jitter only, never anything that is recorded. */
  random(): number;
  sleep(ms: number): Promise<void>;
  /** Runs once after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Lets timers and I/O of the process run. */
  yield(): Promise<void>;
}

export const systemHost: Host = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  yield: () => nextTurn(),
};

/** What the runtime tells its operator. Fields carry the facts, the message stays constant. */
export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A broken invariant: not a refusal and not an outage. The simulator stops loudly. */
export class DefectError extends Error {
  override readonly name = 'DefectError';
}
