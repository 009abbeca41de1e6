/** Ends a run: in order, within ten seconds, or at once when asked twice. */
import type { ProcessGroup } from '../servers/process-group.ts';
import type { Screen } from './screen.ts';

const HARD_DEADLINE_MS = 10_000;
/** The processes get most of the time, in order: doors, workers, servers. */
const EACH_PROCESS_MS = 4_000;
/** npm and we are told of the same Ctrl-C; what arrives this soon is an echo, not impatience. */
const ECHO_MS = 500;
const EXIT_CODE_KILLED = 130;

export class Stopper {
  readonly #group: ProcessGroup;
  readonly #screen: Screen;
  readonly #release: () => void;
  readonly #beforeStop: (() => unknown)[] = [];
  /** The children do not keep this process alive; waiting for a signal does. */
  readonly #waiting = setInterval(() => {}, 60_000);
  #stoppingSinceMs: number | null = null;
  #resolve!: (code: number) => void;
  /** Resolves with the exit code when everything is down. */
  readonly stopped = new Promise<number>((resolve) => {
    this.#resolve = resolve;
  });

  /** @param release  Gives the lock back; called last. */
  constructor(group: ProcessGroup, screen: Screen, release: () => void) {
    this.#group = group;
    this.#screen = screen;
    this.#release = release;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.#onSignal());
    }
  }

  get stopping(): boolean {
    return this.#stoppingSinceMs !== null;
  }

  /** Called when stopping begins: no more restarts. What it returns is waited for. */
  onStop(listener: () => unknown): void {
    if (this.stopping) listener();
    else this.#beforeStop.push(listener);
  }

  /** A start that failed: takes down what was already up. */
  async abandon(): Promise<void> {
    this.#stoppingSinceMs = performance.now();
    await this.#stopAll();
  }

  #onSignal(): void {
    if (this.#stoppingSinceMs === null) {
      this.#stoppingSinceMs = performance.now();
      void this.#stopOrderly();
    } else if (performance.now() - this.#stoppingSinceMs > ECHO_MS) {
      this.#killAll('killed at your request');
    }
  }

  async #stopOrderly(): Promise<void> {
    this.#screen.say('stopping…');
    const deadline = setTimeout(() => this.#killAll('took too long; killed'), HARD_DEADLINE_MS);
    const started = performance.now();
    await this.#stopAll();
    clearTimeout(deadline);
    this.#screen.say(`stopped in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    this.#resolve(0);
    process.exit(0);
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.#beforeStop.map((listener) => listener()));
    await this.#group.stop(EACH_PROCESS_MS);
    this.#release();
    clearInterval(this.#waiting);
  }

  #killAll(reason: string): void {
    this.#group.kill('SIGKILL');
    this.#release();
    this.#screen.warn(reason);
    process.exit(EXIT_CODE_KILLED);
  }
}
