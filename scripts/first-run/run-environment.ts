/** What the processes of a run are told, and how a later command finds the same servers. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from './house.ts';
import type { Layout } from './layout.ts';
import { UI_FOLDER } from './web-app.ts';

/** The servers' addresses as variables; 0600, because an address may hold a password. */
const file = (layout: Layout) => join(layout.home, 'run.env.json');

export type ServerVariables = Record<string, string>;

export function writeRunEnvironment(layout: Layout, servers: ServerVariables): void {
  rmSync(file(layout), { force: true });
  writeFileSync(file(layout), JSON.stringify(servers, null, 2), { mode: 0o600 });
}

export function readRunEnvironment(layout: Layout): ServerVariables {
  return JSON.parse(readFileSync(file(layout), 'utf8')) as ServerVariables;
}

/** @param name  `doors` or `worker-<n>`, n from 1. */
export function processEnvironment(
  { layout, ports, secrets }: House,
  name: string,
): { env: NodeJS.ProcessEnv; logFile: string } {
  const servers = readRunEnvironment(layout);
  const role = name.startsWith('worker') ? 'worker' : 'doors';
  const worker = Number(name.split('-')[1] ?? 1);
  const own =
    role === 'doors'
      ? { HTTP_HOST: '127.0.0.1', HTTP_PORT: `${ports.web}`, UI_DIR: UI_FOLDER }
      : { METRICS_PORT: `${ports.workerMetrics[worker - 1]}` };
  const env = {
    ...process.env,
    ...servers,
    ...own,
    SANDPIT_ROLE: role,
    NODE_ENV: 'production',
    IDENTITY_SECRET_FILE: secrets.identityFile,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
  };
  return { env, logFile: join(layout.logs, `${name}.log`) };
}
