/** The scenarios that come with the product: one file each in this folder, JSON or YAML, plain or gzipped. */
import { readdir, readFile } from 'node:fs/promises';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { readScenarioFile, SCENARIO_FILE } from './scenario-file.ts';

const FOLDER = new URL('./', import.meta.url);

/**
 * All built-in scenarios, in the order of their ids.
 *
 * @throws ScenarioError when a file is not a usable scenario, naming the file.
 */
export async function builtInScenarios(folder: URL = FOLDER): Promise<Scenario[]> {
  const names = (await readdir(folder)).filter((name) => SCENARIO_FILE.test(name)).sort();
  const scenarios = await Promise.all(names.map((name) => readScenario(new URL(name, folder))));
  return scenarios.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readScenario(file: URL): Promise<Scenario> {
  const bytes = await readFile(file);
  const name = file.pathname.slice(file.pathname.lastIndexOf('/') + 1);
  return readScenarioFile(bytes, name);
}
