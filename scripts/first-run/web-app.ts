/** Builds the web app when its sources changed since the last build. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ProcessGroup } from '../servers/process-group.ts';
import { whileLocked } from './build-lock.ts';
import { ROOT } from './layout.ts';
import { runScript } from './run-script.ts';

const UI = join(ROOT, 'ui');
/** Everything the build reads. Schemas are compiled into it. */
const SOURCES = [
  'ui/src',
  'ui/static',
  'ui/vite.config.ts',
  'ui/package.json',
  'schemas',
  'package-lock.json',
];
const BUILD_TIMEOUT_MS = 300_000;

export const UI_FOLDER = join(UI, 'build');
const STAMP_FILE = join(UI_FOLDER, '.built-from');

const LOCK_FILE = join(ROOT, '.sandpit', 'web-app-build.lock');

/** @returns whether a build was needed. */
export function buildWebApp(logs: string, group: ProcessGroup): Promise<boolean> {
  return whileLocked(LOCK_FILE, () => buildWhenChanged(logs, group));
}

async function buildWhenChanged(logs: string, group: ProcessGroup): Promise<boolean> {
  const stamp = hashOf(SOURCES.map((source) => join(ROOT, source)));
  if (existsSync(STAMP_FILE) && readFileSync(STAMP_FILE, 'utf8') === stamp) return false;
  const vite = dirname(createRequire(join(UI, 'package.json')).resolve('vite/package.json'));
  await runScript({
    name: 'building the web app',
    args: [join(vite, 'bin', 'vite.js'), 'build'],
    cwd: UI,
    env: { NODE_ENV: 'production' },
    logFile: join(logs, 'web-app-build.log'),
    timeoutMs: BUILD_TIMEOUT_MS,
    group,
  });
  writeFileSync(STAMP_FILE, stamp);
  return true;
}

/** One hash over the names and contents of files and folders; missing ones count as empty. */
export function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesOf))
    hash.update(path).update('\0').update(readFileSync(path));
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = (() => {
    try {
      return readdirSync(path, { recursive: true, withFileTypes: true });
    } catch {
      return null;
    }
  })();
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
