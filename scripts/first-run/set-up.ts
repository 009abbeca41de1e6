/** The idempotent steps between servers and services: schema, demo trader, recordings. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { House } from './house.ts';
import { RECORDINGS_FOLDER, ROOT } from './layout.ts';
import { variablesOf } from './run-environment.ts';
import { runScript } from './run-script.ts';
import { DEMO_EMAIL } from './secrets.ts';

const MIGRATE_TIMEOUT_MS = 60_000;
const SEED_TIMEOUT_MS = 30_000;
const IMPORT_TIMEOUT_MS = 180_000;
const RECORDING = /\.(zip|gz)$/;

export function migrate(house: House): Promise<void> {
  return runScript({
    name: 'migrating the database',
    args: [join('migrations', 'run.ts')],
    env: variablesOf(house.layout, 'doors'),
    logFile: join(house.layout.logs, 'migrate.log'),
    timeoutMs: MIGRATE_TIMEOUT_MS,
    group: house.group,
  });
}

export function seedDemoTrader(house: House): Promise<void> {
  return runScript({
    name: 'making the demo trader',
    args: [join('scripts', 'first-run', 'demo-trader.ts')],
    env: {
      ...variablesOf(house.layout, 'doors'),
      DEMO_EMAIL,
      DEMO_PASSWORD: house.secrets.demoPassword,
    },
    logFile: join(house.layout.logs, 'demo-trader.log'),
    timeoutMs: SEED_TIMEOUT_MS,
    group: house.group,
  });
}

/** Raise it when an import makes more of a file than before, so that it is done again. */
const IMPORT_VERSION = 'with depth';

/**
 * Offers recordings beside the checkout as scenarios, once. A recording that cannot be read costs that
 * scenario and a warning, not the start.
 */
export async function importRecordings(house: House): Promise<void> {
  const { layout, screen, group } = house;
  const files = recordingsIn(resolve(ROOT, RECORDINGS_FOLDER));
  const sizes = files.map((file) => `${file} ${statSync(file).size}`);
  const stamp = hash([IMPORT_VERSION, ...sizes].join('\n'));
  const stampFile = join(layout.done, 'recordings');
  if (files.length === 0 || (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp))
    return;
  const args = [join('services', 'simulators', 'import', 'cli.ts'), '--replace', ...files];
  const logFile = join(layout.logs, 'import.log');
  const run = () =>
    runScript({
      name: 'importing recordings',
      args,
      env: variablesOf(layout, 'doors'),
      logFile,
      timeoutMs: IMPORT_TIMEOUT_MS,
      group,
    });
  try {
    await screen.step('recordings', run, () => `${files.length} files`);
    writeFileSync(stampFile, stamp);
  } catch {
    screen.warn(`Not every recording could be imported; see ${logFile}.`);
  }
}

function recordingsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => RECORDING.test(name))
    .sort()
    .map((name) => join(folder, name));
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
