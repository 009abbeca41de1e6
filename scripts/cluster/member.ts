/** One process of a cluster: kept running, and yet to be killed, frozen or held down by whoever wants. */
import { supervise } from '../first-run/supervisor.ts';
import type { ManagedProcess } from '../servers/managed-process.ts';

/** A start may take a minute and fail on a busy machine, and is then tried again. */
const BACK_TIMEOUT_MS = 120_000;

export interface MemberOptions {
  /** `nats-1`, `postgres`, `redis`, `worker-2`, `doors-1`. */
  name: string;
  logFile: string;
  start: () => Promise<ManagedProcess>;
  warn: (line: string) => void;
}

export class Member {
  readonly name: string;
  readonly #options: MemberOptions;
  #process: ManagedProcess | null = null;
  #mayStart: Promise<void> = Promise.resolve();
  #release: () => void = () => {};
  #unsupervise: () => void = () => {};
  #waiters: (() => void)[] = [];
  #isRetired = false;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Null while it is down. */
  get pid(): number | null {
    return this.#process?.running ? this.#process.pid : null;
  }

  /** Resolves when it is ready; from then on its end is answered by a new start. */
  async start(): Promise<void> {
    const { name, logFile, warn } = this.#options;
    this.#unsupervise = await supervise({ name, logFile, warn, start: () => this.#start() });
  }

  /** @throws Error when it is down already. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === null) throw new Error(`${this.name} is down.`);
    this.#process!.kill(signal);
  }

  /** From now on it stays down when it ends, until `release`. */
  hold(): void {
    this.release();
    this.#mayStart = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
    this.#mayStart = Promise.resolve();
  }

  /** Ends it, waits for the supervisor's new start, and until that one is ready. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const back = this.back();
    this.signal(signal);
    await back;
  }

  /** Resolves at the next time that it becomes ready. */
  back(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${this.name} did not come back.`));
      const timer = setTimeout(late, BACK_TIMEOUT_MS);
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Once retired: ends it in order, or kills it after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#process?.stop(deadlineMs);
  }

  /** No new starts. */
  retire(): void {
    this.#isRetired = true;
    this.#unsupervise();
    this.release();
  }

  async #start(): Promise<ManagedProcess> {
    await this.#mayStart;
    if (this.#isRetired) throw new Error(`${this.name} is not wanted any more.`);
    this.#process = await this.#options.start();
    for (const wake of this.#waiters.splice(0)) wake();
    return this.#process;
  }
}
