/** The scenarios that come with the product: one JSON file each in this folder, plain or gzipped. */
import { readdir, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { checkedScenario } from './check.ts';

const FOLDER = new URL('./', import.meta.url);
const MAX_SCENARIO_BYTES = 64 * 1024 * 1024;

/**
 * All built-in scenarios, in the order of their ids.
 *
 * @throws ScenarioError when a file is not a usable scenario, naming the file.
 */
export async function builtInScenarios(folder: URL = FOLDER): Promise<Scenario[]> {
  const names = (await readdir(folder)).filter((name) => /\.json(\.gz)?$/.test(name)).sort();
  const scenarios = await Promise.all(names.map((name) => readScenario(new URL(name, folder))));
  return scenarios.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readScenario(file: URL): Promise<Scenario> {
  const bytes = await readFile(file);
  const name = file.pathname.slice(file.pathname.lastIndexOf('/') + 1);
  const text = name.endsWith('.gz')
    ? gunzipSync(bytes, { maxOutputLength: MAX_SCENARIO_BYTES })
    : bytes;
  return checkedScenario(JSON.parse(text.toString('utf8')), name);
}
