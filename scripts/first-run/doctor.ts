/** `npm run doctor`: looks at everything a start needs, and says what to do about what is missing. */
import { existsSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findProgram, versionOf } from '../servers/find-server.ts';
import { isPortFree, portHolder } from '../servers/ports.ts';
import { preparePostgresFiles } from '../servers/postgres-files.ts';
import { StartError } from '../servers/start-error.ts';
import { findBrowser } from './browser.ts';
import { layoutOf, RECORDINGS_FOLDER, ROOT } from './layout.ts';
import type { RunOptions } from './options.ts';
import { readRun } from './run-lock.ts';
import { green, red, yellow } from './screen.ts';
import { UI_FOLDER } from './web-app.ts';

interface Finding {
  what: string;
  /** `missing` stops a start; `note` does not. */
  verdict: 'good' | 'missing' | 'note';
  detail: string;
}

/** @returns 1 when something is missing that a start needs. */
export async function doctor(options: Pick<RunOptions, 'json' | 'portBase'>): Promise<number> {
  const findings = [
    good('Node', `${process.version} at ${process.execPath}`),
    serverProgram('nats-server', 'NATS_URL'),
    serverProgram('redis-server', 'REDIS_URL'),
    postgres(),
    disk(),
    await port(options.portBase),
    browser(),
    optional('web app', existsSync(UI_FOLDER), UI_FOLDER, 'not built yet; `npm start` builds it'),
    recordings(),
  ];
  if (options.json) console.log(JSON.stringify(findings));
  else for (const finding of findings) print(finding);
  return findings.some((finding) => finding.verdict === 'missing') ? 1 : 0;
}

const good = (what: string, detail: string): Finding => ({ what, verdict: 'good', detail });
const optional = (what: string, isThere: boolean, detail: string, otherwise: string): Finding =>
  isThere ? good(what, detail) : { what, verdict: 'note', detail: otherwise };

function serverProgram(name: string, variable: string): Finding {
  if (process.env[variable]) return good(name, `not needed: ${variable} is given`);
  const path = findProgram(name);
  if (path) return good(name, `${versionOf(path)} at ${path}`);
  return {
    what: name,
    verdict: 'missing',
    detail: `not on PATH; \`npm start\` as root installs it with apt-get, or name a server in ${variable}`,
  };
}

function postgres(): Finding {
  if (process.env.DATABASE_URL) return good('PostgreSQL', 'not needed: DATABASE_URL is given');
  try {
    const files = preparePostgresFiles(join(layoutOf().postgres, 'data'));
    return good('PostgreSQL', `${versionOf(files.postgres)}, data in ${files.dataFolder}`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { what: 'PostgreSQL', verdict: 'missing', detail: `${error.message} ${error.remedy}` };
  }
}

function disk(): Finding {
  const { bavail, bsize } = statfsSync(ROOT);
  const free = (bavail * bsize) / 1e9;
  return free > 1
    ? good('disk', `${free.toFixed(0)} GB free`)
    : {
        what: 'disk',
        verdict: 'missing',
        detail: `${free.toFixed(1)} GB free; make room for 1 GB`,
      };
}

async function port(base: number): Promise<Finding> {
  const run = readRun(layoutOf().lockFile);
  if (run)
    return good('ports', `Sandpit runs (pid ${run.pid}) from port ${run.ports?.base ?? base}`);
  if (await isPortFree(base)) return good('ports', `${base} is free`);
  return {
    what: 'ports',
    verdict: 'note',
    detail: `${base} is held by ${portHolder(base)}; \`npm start\` takes the next free ten`,
  };
}

function browser(): Finding {
  const path = findBrowser();
  const otherwise = 'none found: `npm test` skips the browser tests (apt-get install chromium)';
  return optional('browser', path !== null, `${path}`, otherwise);
}

function recordings(): Finding {
  const folder = resolve(ROOT, RECORDINGS_FOLDER);
  const otherwise = 'none beside the checkout; `npm run import -- <files>` brings your own';
  return optional('recordings', existsSync(folder), folder, otherwise);
}

function print({ what, verdict, detail }: Finding): void {
  const mark = { good: green('✓'), missing: red('✗'), note: yellow('!') }[verdict];
  console.log(`  ${mark} ${what.padEnd(14)} ${detail}`);
}
