/** One thread for reruns, a short queue before it, and an end to jobs that take too long. */
import { Worker } from 'node:worker_threads';
import type { Job, JobResult } from './jobs.ts';

const WAITING_MAX = 8;
const JOB_TIMEOUT_MS = 12_000;
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
}

export class Lab {
  readonly #script: URL;
  readonly #timeoutMs: number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #running: (Waiting & { id: number; timer: NodeJS.Timeout }) | null = null;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(script = new URL('./thread.ts', import.meta.url), timeoutMs = JOB_TIMEOUT_MS) {
    this.#script = script;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws LabError */
  run(job: Job): Promise<JobResult> {
    if (this.#queue.length >= WAITING_MAX) {
      return Promise.reject(new LabError('Too many sessions wait to be run again.'));
    }
    return new Promise((resolve, reject) => {
      const settle = (result: JobResult | Error) =>
        result instanceof Error ? reject(result) : resolve(result);
      this.#queue.push({ job, settle });
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
    }, this.#timeoutMs);
    this.#running = { ...waiting, id, timer };
    this.#thread().postMessage({ id, job: waiting.job });
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker = worker;
    type Message = { id: number; result?: JobResult; failure?: Error };
    worker.on('message', ({ id, result, failure }: Message) => {
      if (this.#running?.id === id) this.#settle(result ?? failure ?? new Error('no result'));
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
