/**
 * Pasts of markets, run while the process has nothing better to do, for starts that leave the seed to
 * us. A seed that is given out is kept for its simulator for a while; one that nobody came for is
 * given out again.
 */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { type Past, preparePast } from '../venue/past.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Host, Log } from './host.ts';

/** Kept ready for a scenario that was asked for within the hour, and for any other. */
const WANTED_EACH = 3;
const SPARE_EACH = 1;
const WANTED_FOR_MS = 3_600_000;
/** Some 200 KB each. */
const KEPT_MAX = 48;
const RESERVED_FOR_MS = 15_000;
/** At most a fifth of the process while it prepares. */
const WORK_MS = 4;
const REST_MS = 16;
const LOOK_EVERY_MS = 1_000;
/** A process that has just begun has others to serve first. */
const FIRST_AFTER_MS = 5_000;
const SCENARIOS_MAX = 64;

export interface Scenarios {
  /** Hashes of what can be started now. */
  hashes(): readonly string[];
  get(hash: string): Promise<Scenario>;
}

interface Kept {
  past: Past;
  reservedUntilMs: number;
}

export class WarmPool {
  readonly #scenarios: Scenarios;
  readonly #host: Host;
  readonly #log: Log;
  readonly #kept = new Map<string, Kept[]>();
  /** When it was last asked for. */
  readonly #wantedAtMs = new BoundedMap<string, number>(SCENARIOS_MAX);
  /** Those that cannot be run, or have no past. */
  readonly #without = new BoundedMap<string, true>(SCENARIOS_MAX);
  #known: readonly string[] = [];
  #stopped = false;

  constructor(scenarios: Scenarios, host: Host, log: Log) {
    this.#scenarios = scenarios;
    this.#host = host;
    this.#log = log;
  }

  get size(): number {
    return [...this.#kept.values()].reduce((sum, { length }) => sum + length, 0);
  }

  start(): void {
    this.#host.after(FIRST_AFTER_MS, () => void this.#run());
  }

  stop(): void {
    this.#stopped = true;
  }

  /** A seed whose past is ready; nobody else is given it for a while. Null: there is none. */
  reserve(scenarioHash: string): number | null {
    const nowMs = this.#host.monotonicMs();
    this.#wantedAtMs.set(scenarioHash, nowMs);
    const free = this.#kept.get(scenarioHash)?.find(({ reservedUntilMs }) => {
      return reservedUntilMs <= nowMs;
    });
    if (!free) return null;
    free.reservedUntilMs = nowMs + RESERVED_FOR_MS;
    return free.past.seed;
  }

  /** The past for a simulator that starts with this seed, whoever chose it; it is given once. */
  take(scenarioHash: string, seed: number): Past | null {
    const kept = this.#kept.get(scenarioHash) ?? [];
    const index = kept.findIndex(({ past }) => past.seed === seed);
    return index < 0 ? null : (kept.splice(index, 1)[0] as Kept).past;
  }

  /** Prepares what lacks most. @returns false when nothing lacks. */
  async fill(): Promise<boolean> {
    const scenarioHash = this.#lacking();
    if (scenarioHash === undefined) return false;
    try {
      const past = await this.#prepare(scenarioHash);
      if (!past) this.#without.set(scenarioHash, true);
      else this.#keep(past);
    } catch (error) {
      this.#without.set(scenarioHash, true);
      this.#log.warn({ scenarioHash, err: error }, 'past not prepared');
    }
    return true;
  }

  /** What can be started may change. */
  look(): void {
    this.#known = this.#scenarios.hashes().slice(0, SCENARIOS_MAX);
    for (const hash of this.#kept.keys()) {
      if (!this.#known.includes(hash)) this.#kept.delete(hash);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.look();
      while (!this.#stopped && (await this.fill()));
      await this.#host.sleep(LOOK_EVERY_MS);
    }
  }

  /** Asked for lately before others, the emptiest first. */
  #lacking(): string | undefined {
    if (this.size >= KEPT_MAX) return undefined;
    const wants = this.#known
      .filter((hash) => !this.#without.has(hash))
      .map((hash) => ({ hash, lacks: this.#target(hash) - (this.#kept.get(hash)?.length ?? 0) }))
      .filter(({ lacks }) => lacks > 0);
    return wants.sort((a, b) => this.#target(b.hash) - this.#target(a.hash) || b.lacks - a.lacks)[0]
      ?.hash;
  }

  #target(hash: string): number {
    const wantedAtMs = this.#wantedAtMs.get(hash) ?? Number.NEGATIVE_INFINITY;
    const isWanted = this.#host.monotonicMs() - wantedAtMs < WANTED_FOR_MS;
    return isWanted ? WANTED_EACH : SPARE_EACH;
  }

  async #prepare(scenarioHash: string): Promise<Past | null> {
    const scenario = await this.#scenarios.get(scenarioHash);
    const seed = Math.floor(this.#host.random() * 2 ** 32);
    const steps = preparePast(scenario, scenarioHash, seed);
    let busySinceMs = this.#host.monotonicMs();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      if (this.#stopped) return null;
      if (this.#host.monotonicMs() - busySinceMs < WORK_MS) continue;
      await this.#host.sleep(REST_MS);
      busySinceMs = this.#host.monotonicMs();
    }
  }

  #keep(past: Past): void {
    const kept = this.#kept.get(past.scenarioHash) ?? [];
    kept.push({ past, reservedUntilMs: Number.NEGATIVE_INFINITY });
    this.#kept.set(past.scenarioHash, kept);
  }
}
