/** Scenarios by hash, as pinned in a start command; a few of them kept in memory. */
import { BusError } from '@sandpit/bus/bus.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { BoundedMap } from './bounded-map.ts';

const KEPT = 32;

export class ScenarioShelf {
  readonly #load: (hash: string) => Promise<Scenario | null>;
  readonly #kept = new BoundedMap<string, Scenario>(KEPT);

  /** @param load  Null when no scenario with that hash is stored. */
  constructor(load: (hash: string) => Promise<Scenario | null>) {
    this.#load = load;
  }

  /** @throws BusError `unavailable` while it is not stored: whoever pinned it stores it first. */
  async get(hash: string): Promise<Scenario> {
    const kept = this.#kept.get(hash);
    if (kept) return kept;
    const scenario = await this.#load(hash);
    if (!scenario) throw new BusError('unavailable', `Scenario ${hash} is not stored (yet).`);
    this.#kept.set(hash, scenario);
    return scenario;
  }

  /** One that was loaded before; the venues of this worker stand on it. */
  known(hash: string): Scenario | undefined {
    return this.#kept.get(hash);
  }
}
