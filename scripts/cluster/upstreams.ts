/** The doors behind the balancer: which of them live, and which want work. */
import { request } from 'node:http';

export interface Probing {
  everyMs: number;
  timeoutMs: number;
}
const PROBING: Probing = { everyMs: 400, timeoutMs: 2_000 };
/** A busy machine may be late once. */
const MISSES_MAX = 2;

export interface Upstream {
  name: string;
  port: number;
  /** Answers at all. */
  alive: boolean;
  /** Says that it takes work; false while it drains. */
  ready: boolean;
  /** Probes in a row that got no answer. */
  misses: number;
}

export interface UpstreamsOptions {
  doors: readonly { name: string; port: number }[];
  /** A door has stopped answering: what waits for it waits in vain. */
  onDead: (upstream: Upstream) => void;
  probing?: Probing;
}

export class Upstreams {
  readonly #all: Upstream[];
  readonly #onDead: (upstream: Upstream) => void;
  readonly #probing: Probing;
  readonly #timers: NodeJS.Timeout[] = [];
  #turn = 0;

  constructor({ doors, onDead, probing = PROBING }: UpstreamsOptions) {
    this.#probing = probing;
    this.#all = doors.map((door) => ({ ...door, alive: false, ready: false, misses: 0 }));
    this.#onDead = onDead;
  }

  start(): void {
    for (const upstream of this.#all) {
      this.#timers.push(setInterval(() => void this.#probe(upstream), this.#probing.everyMs));
    }
  }

  /** Resolves when the first look at each is over. */
  async look(): Promise<void> {
    await Promise.all(this.#all.map((upstream) => this.#probe(upstream)));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /**
   * In turn: those that want work; when none does (their database may be away), those that answer;
   * else all, because a probe may be wrong.
   *
   * @param tried  Not these again.
   */
  next(tried: ReadonlySet<Upstream>): Upstream | null {
    const left = this.#all.filter((upstream) => !tried.has(upstream));
    const ready = left.filter(({ alive, ready }) => alive && ready);
    const alive = left.filter((upstream) => upstream.alive);
    const choice = [ready, alive, left].find((some) => some.length > 0);
    if (!choice) return null;
    this.#turn += 1;
    return choice[this.#turn % choice.length]!;
  }

  /** It refused a connection: no need to wait for the next probe. */
  refused(upstream: Upstream): void {
    upstream.misses = MISSES_MAX;
    this.#judge(upstream, null);
  }

  async #probe(upstream: Upstream): Promise<void> {
    const status = await statusOf(upstream.port, this.#probing.timeoutMs);
    this.#judge(upstream, status);
  }

  #judge(upstream: Upstream, status: number | null): void {
    const wasAlive = upstream.alive;
    upstream.misses = status === null ? upstream.misses + 1 : 0;
    upstream.alive = upstream.misses === 0 || (wasAlive && upstream.misses < MISSES_MAX);
    upstream.ready = status === 200;
    if (wasAlive && !upstream.alive) this.#onDead(upstream);
  }
}

/** Of `/readyz`; null when there was no answer. */
function statusOf(port: number, timeout: number): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/readyz', timeout, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? null);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
