/**
 * Questions whose answers may take longer than anybody waits for at once. Who asks again meanwhile
 * hears how far it is, and in the end gets the answer; the session is not run again for it.
 */
import type { Job, JobResult } from './jobs.ts';
import { type Lab, LabError } from './lab.ts';

const PATIENCE_MS = 10_000;
/** An answer that nobody fetched is thrown away. */
const KEPT_MS = 120_000;
const ENTRIES_MAX = 32;

/** It runs, and goes on whether or not somebody waits. */
export class UnderWayError extends Error {
  override readonly name = 'UnderWayError';
  /** 0 to 1; null = it waits for others. */
  readonly progress: number | null;

  constructor(progress: number | null) {
    super('The session is still being run again.');
    this.progress = progress;
  }
}

interface Entry {
  answer: Promise<JobResult | null>;
  progress: number | null;
}

export interface QuestionsOptions {
  patienceMs?: number;
  keptMs?: number;
}

export class Questions {
  readonly #lab: Pick<Lab, 'run'>;
  readonly #patienceMs: number;
  readonly #keptMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(lab: Pick<Lab, 'run'>, options: QuestionsOptions = {}) {
    this.#lab = lab;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#keptMs = options.keptMs ?? KEPT_MS;
  }

  /**
   * @param key   Who asks the same while it is under way, asks for the same answer.
   * @param make  The job; null = there is nothing to run.
   * @throws UnderWayError, LabError, and what `make` throws
   */
  async ask(key: string, make: () => Promise<Job | null>): Promise<JobResult | null> {
    const entry = this.#entries.get(key) ?? this.#begin(key, make);
    const { promise, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, this.#patienceMs, null);
    const settled = entry.answer.then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    const outcome = await Promise.race([settled, promise]);
    clearTimeout(timer);
    if (!outcome) throw new UnderWayError(entry.progress);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  #begin(key: string, make: () => Promise<Job | null>): Entry {
    if (this.#entries.size >= ENTRIES_MAX) {
      throw new LabError('Too many sessions wait to be run again.');
    }
    const entry: Entry = { answer: Promise.resolve(null), progress: null };
    const tell = (progress: number) => {
      entry.progress = progress;
    };
    entry.answer = make().then((job) => job && this.#lab.run(job, tell));
    this.#entries.set(key, entry);
    const forget = () => {
      setTimeout(() => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }, this.#keptMs).unref();
    };
    entry.answer.then(forget, forget);
    return entry;
  }
}
