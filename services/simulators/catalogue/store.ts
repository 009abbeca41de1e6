/**
 * Scenarios in the key-value bucket `SCENARIOS`.
 *
 * - `h.<hash>` → gzipped JSON `{ scenario, hash }`. Never changes, so a running simulator is pinned
 *   to what it was started with.
 * - `id.<id>` → JSON `{ hash, summary }`. Written last: a scenario is in the catalogue wholly or not.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Bucket, type BucketEntry, BusError } from '@sandpit/bus/bus.ts';
import type { Scenario, ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import { builtInScenarios } from './catalogue.ts';
import { checkedScenario, summaryOf } from './check.ts';
import { scenarioHash } from './hash.ts';

const MAX_SCENARIO_BYTES = 64 * 1024 * 1024;
const MAX_CACHED = 12;
const PUBLISH_TRIES = 5;
const ID_PREFIX = 'id.';

export type Publication = 'published' | 'replaced' | 'unchanged';

/** The id is taken by a scenario with another content. */
export class ScenarioExistsError extends Error {
  constructor(id: string) {
    super(
      `A scenario "${id}" exists already with another content. Use --replace, or another --id.`,
    );
    this.name = 'ScenarioExistsError';
  }
}

interface CatalogueEntry {
  hash: string;
  summary: ScenarioSummary;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value));
const decode = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString('utf8'));

/** By hash, least recently used first. Content never changes under its hash, so nothing expires. */
const cache = new Map<string, Scenario>();

function remember(hash: string, scenario: Scenario): Scenario {
  cache.delete(hash);
  cache.set(hash, scenario);
  for (const oldest of cache.keys()) {
    if (cache.size <= MAX_CACHED) break;
    cache.delete(oldest);
  }
  return scenario;
}

/**
 * Puts a scenario into the catalogue.
 *
 * @param options.replace  Whether another content under the same id may be replaced. Simulators that
 *                         run the old content keep it.
 * @throws ScenarioError, ScenarioExistsError, BusError
 */
export async function publishScenario(
  bucket: Bucket,
  scenario: Scenario,
  { replace = false }: { replace?: boolean } = {},
): Promise<{ publication: Publication; summary: ScenarioSummary }> {
  checkedScenario(scenario, scenario.id);
  const hash = scenarioHash(scenario);
  const summary = summaryOf(scenario, hash);
  for (let tries = 1; ; tries++) {
    const current = await bucket.get(`${ID_PREFIX}${scenario.id}`);
    const isSame = current !== null && (decode(current.value) as CatalogueEntry).hash === hash;
    if (isSame && (await bucket.get(`h.${hash}`))) return { publication: 'unchanged', summary };
    if (current && !isSame && !replace) throw new ScenarioExistsError(scenario.id);
    try {
      await bucket.put(`h.${hash}`, gzipSync(encode({ scenario, hash })));
      await point(bucket, scenario.id, { hash, summary }, current);
      return { publication: current ? 'replaced' : 'published', summary };
    } catch (error) {
      // Somebody else published this id in between: look at what stands there now.
      const isRace = error instanceof BusError && error.failure === 'conflict';
      if (!isRace || tries >= PUBLISH_TRIES) throw error;
    }
  }
}

async function point(
  bucket: Bucket,
  id: string,
  entry: CatalogueEntry,
  current: BucketEntry | null,
): Promise<void> {
  const key = `${ID_PREFIX}${id}`;
  if (current) await bucket.update(key, encode(entry), current.revision);
  else await bucket.create(key, encode(entry));
}

/** The catalogue in the order of ids. @throws BusError */
export async function listScenarios(bucket: Bucket): Promise<ScenarioSummary[]> {
  const keys = (await bucket.keys()).filter((key) => key.startsWith(ID_PREFIX)).sort();
  const entries = await Promise.all(keys.map((key) => bucket.get(key)));
  return entries.flatMap((entry) =>
    entry ? [(decode(entry.value) as CatalogueEntry).summary] : [],
  );
}

/** Hash of what the id stands for now; null when there is no such scenario. @throws BusError */
export async function currentHash(bucket: Bucket, id: string): Promise<string | null> {
  const entry = await bucket.get(`${ID_PREFIX}${id}`);
  return entry && (decode(entry.value) as CatalogueEntry).hash;
}

/**
 * The content with this hash; null when it is not stored. Do not change it: it is shared.
 *
 * @throws ScenarioError when what is stored is not what its hash says, BusError
 */
export async function loadScenario(bucket: Bucket, hash: string): Promise<Scenario | null> {
  const known = cache.get(hash);
  if (known) return remember(hash, known);
  const entry = await bucket.get(`h.${hash}`);
  if (!entry) return null;
  const text = gunzipSync(entry.value, { maxOutputLength: MAX_SCENARIO_BYTES });
  const scenario = checkedScenario(decode(text).scenario, `Scenario ${hash}`);
  if (scenarioHash(scenario) !== hash) throw new Error(`Stored scenario ${hash} has another hash.`);
  return remember(hash, scenario);
}

/** Brings the built-in scenarios into the catalogue; harmless to repeat. @throws BusError */
export async function publishBuiltIns(bucket: Bucket): Promise<ScenarioSummary[]> {
  const summaries: ScenarioSummary[] = [];
  for (const scenario of await builtInScenarios()) {
    summaries.push((await publishScenario(bucket, scenario, { replace: true })).summary);
  }
  return summaries;
}
