/**
 * What the doors must know of a simulator without asking its worker: whose it is, on which grids it
 * trades, when its simulated day opens. All of it is fixed at the start, so it is read once.
 */
import { gunzipSync } from 'node:zlib';
import type { Bucket } from '@sandpit/bus/bus.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { ServiceBroker } from 'moleculer';
import { problem } from './errors.ts';
import { Lru } from './lru.ts';

export interface VenueInfo {
  simulatorId: string;
  accountId: string;
  sessionId: string;
  scenarioHash: string;
  /** Simulated time 0, ms since the epoch. */
  opensAtMs: number;
  instruments: ReadonlyMap<string, Instrument>;
  /** True for good once it is. */
  stopped: boolean;
}

export interface SimulatorRow {
  account_id: string;
  session_id: string;
  scenario_hash: string;
  state: string;
}

export interface VenueSources {
  /** Null when there is none with that id. */
  row(simulatorId: string): Promise<SimulatorRow | null>;
  /** Null when no scenario with that hash is stored. */
  scenario(hash: string): Promise<Scenario | null>;
}

const MAX_VENUES = 5_000;
const MAX_SCENARIOS = 50;

type Market = Pick<VenueInfo, 'opensAtMs' | 'instruments'>;

export class VenueDirectory {
  readonly #venues = new Lru<string, VenueInfo>(MAX_VENUES);
  readonly #markets = new Lru<string, Market>(MAX_SCENARIOS);
  readonly #sources: VenueSources;

  constructor(sources: VenueSources) {
    this.#sources = sources;
  }

  /** @throws problem `notFound` for an unknown id and, alike, for somebody else's simulator. */
  async owned(simulatorId: string, accountId: string): Promise<VenueInfo> {
    const venue = this.#venues.get(simulatorId) ?? (await this.#load(simulatorId));
    if (venue?.accountId !== accountId) throw problem('notFound');
    return venue;
  }

  /** Reads the row again; for when the venue says that it no longer trades. */
  async refreshed(simulatorId: string, accountId: string): Promise<VenueInfo> {
    this.forget(simulatorId);
    return this.owned(simulatorId, accountId);
  }

  forget(simulatorId: string): void {
    this.#venues.delete(simulatorId);
  }

  async #load(simulatorId: string): Promise<VenueInfo | null> {
    const row = await this.#sources.row(simulatorId);
    if (!row) return null;
    const venue: VenueInfo = {
      simulatorId,
      accountId: row.account_id,
      sessionId: row.session_id,
      scenarioHash: row.scenario_hash,
      ...(await this.#market(row.scenario_hash)),
      stopped: row.state === 'stopped',
    };
    this.#venues.set(simulatorId, venue);
    return venue;
  }

  async #market(hash: string): Promise<Market> {
    const known = this.#markets.get(hash);
    if (known) return known;
    const scenario = await this.#sources.scenario(hash);
    if (!scenario) {
      throw problem('unavailable', {
        detail: 'The scenario of this simulator cannot be read now.',
      });
    }
    const instruments = scenario.instruments.map(({ instrument }) => instrument);
    const market = {
      opensAtMs: Date.parse(scenario.opensAt),
      instruments: new Map(instruments.map((instrument) => [instrument.symbol, instrument])),
    };
    this.#markets.set(hash, market);
    return market;
  }
}

/** The bucket SCENARIOS holds every scenario under its hash, never changed: gzip of `{ scenario }`. */
export async function scenarioOf(
  bucket: Pick<Bucket, 'get'>,
  hash: string,
): Promise<Scenario | null> {
  const entry = await bucket.get(`h.${hash}`);
  if (!entry) return null;
  return (JSON.parse(gunzipSync(entry.value).toString()) as { scenario: Scenario }).scenario;
}

/**
 * Follows the catalogue: key `id.<id>` names the content of each scenario.
 *
 * @returns what says the hashes as they stand, and ends it.
 */
export async function followCatalogue(
  bucket: Pick<Bucket, 'watch'>,
): Promise<{ hashes(): string[]; stop(): Promise<void> }> {
  const hashOf = new Map<string, string>();
  const watch = await bucket.watch(({ key, value }) => {
    if (!key.startsWith('id.')) return;
    if (!value) hashOf.delete(key);
    else {
      const { hash } = JSON.parse(new TextDecoder().decode(value)) as { hash: string };
      hashOf.set(key, hash);
    }
  });
  return { hashes: () => [...hashOf.values()], stop: () => watch.stop() };
}

const directories = new WeakMap<ServiceBroker, VenueDirectory>();

/** The process's directory over Postgres and the bucket SCENARIOS. */
export function venueDirectory(broker: ServiceBroker): VenueDirectory {
  let directory = directories.get(broker);
  if (!directory) {
    directory = new VenueDirectory({
      row: async (simulatorId) => {
        // Here, because workers use this file for its scenarios alone.
        const { sql } = await import('kysely');
        const query = sql<SimulatorRow>`
          select account_id, session_id, scenario_hash, state
          from simulators where id = ${simulatorId}`;
        const { rows } = await query.execute(broker.database);
        return rows[0] ?? null;
      },
      scenario: async (hash) => scenarioOf(await broker.bus.bucket('SCENARIOS'), hash),
    });
    directories.set(broker, directory);
  }
  return directory;
}
