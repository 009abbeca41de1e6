/** One thread for reruns, a short queue before it, and an end to jobs that take too long. */
import { Worker } from 'node:worker_threads';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { type Job, type JobResult, passesOf } from './jobs.ts';

const WAITING_MAX = 8;
/** For a short session on a busy machine; */
const JOB_TIMEOUT_MS = 12_000;
/** and for each simulated second of each run, which takes a quiet one about 0.3 ms. */
const JOB_TIMEOUT_PER_SECOND_MS = 3;
const JOB_TIMEOUT_MAX_MS = 300_000;
/** With its traces it may hold some 100 MB. */
const IDLE_MS = 120_000;
const HEAP_MB = 512;

/** Nothing was run: too many wait, or it took too long. Try later, or a shorter session. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

interface Waiting {
  job: Job;
  settle(result: JobResult | Error): void;
  tell(progress: number): void;
}

/** Longer for a longer session, and not for ever. */
export function timeoutOf({ ask, input }: Job): number {
  const seconds = input.endNs / NS_PER_SECOND;
  const ms = JOB_TIMEOUT_MS + passesOf(ask) * seconds * JOB_TIMEOUT_PER_SECOND_MS;
  return Math.min(JOB_TIMEOUT_MAX_MS, Math.round(ms));
}

export class Lab {
  readonly #script: URL;
  readonly #timeoutMs: (job: Job) => number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #running: (Waiting & { id: number; timer: NodeJS.Timeout }) | null = null;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(script = new URL('./thread.ts', import.meta.url), timeoutMs = timeoutOf) {
    this.#script = script;
    this.#timeoutMs = timeoutMs;
  }

  /** @param tell  How far it is, 0 to 1, a few times a second. @throws LabError */
  run(job: Job, tell: (progress: number) => void = () => {}): Promise<JobResult> {
    if (this.#queue.length >= WAITING_MAX) {
      return Promise.reject(new LabError('Too many sessions wait to be run again.'));
    }
    return new Promise((resolve, reject) => {
      const settle = (result: JobResult | Error) =>
        result instanceof Error ? reject(result) : resolve(result);
      this.#queue.push({ job, settle, tell });
      this.#next();
    });
  }

  async stop(): Promise<void> {
    const stopped = new LabError('The worker stops.');
    for (const { settle } of this.#queue.splice(0)) settle(stopped);
    await this.#drop(stopped);
  }

  #next(): void {
    if (this.#running) return;
    const waiting = this.#queue.shift();
    clearTimeout(this.#idle);
    if (!waiting) {
      this.#idle = setTimeout(() => void this.#drop(null), IDLE_MS).unref();
      return;
    }
    this.#count += 1;
    const id = this.#count;
    const timer = setTimeout(() => {
      void this.#drop(new LabError('The session is too long to be run again in time.'));
    }, this.#timeoutMs(waiting.job));
    this.#running = { ...waiting, id, timer };
    this.#thread().postMessage({ id, job: waiting.job });
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker = worker;
    type Message = { id: number; progress?: number; result?: JobResult; failure?: Error };
    worker.on('message', ({ id, progress, result, failure }: Message) => {
      if (this.#running?.id !== id) return;
      if (progress !== undefined) this.#running.tell(progress);
      else this.#settle(result ?? failure ?? new Error('no result'));
    });
    worker.on('error', (error) => {
      if (this.#worker === worker) void this.#drop(error);
    });
    worker.unref();
    return worker;
  }

  #settle(result: JobResult | Error): void {
    const running = this.#running;
    this.#running = null;
    if (running) {
      clearTimeout(running.timer);
      running.settle(result);
    }
    this.#next();
  }

  /** Ends the thread; the job in it, if any, fails with `error`. */
  async #drop(error: Error | null): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    const ended = worker?.terminate();
    if (error) this.#settle(error);
    clearTimeout(this.#idle);
    await ended;
  }
}
