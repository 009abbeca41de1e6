/** What the processes of a run are told, and how a later command finds the same servers. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, ROOT } from './layout.ts';
import type { PortPlan } from './port-plan.ts';
import type { Secrets } from './secrets.ts';
import { UI_FOLDER } from './web-app.ts';

export type Variables = Record<string, string>;
export type Role = 'doors' | 'worker' | 'operator';

/** Addresses of the servers, and for each role its own credentials. */
export interface RunEnvironment {
  servers: Variables;
  roles: Record<Role, Variables>;
}

/** 0600, because an address may hold a password. */
const file = (layout: Layout) => join(layout.home, 'run.env.json');

export function writeRunEnvironment(layout: Layout, environment: RunEnvironment): void {
  rmSync(file(layout), { force: true });
  writeFileSync(file(layout), JSON.stringify(environment, null, 2), { mode: 0o600 });
}

/** Everything a command of that role has to be told. */
export function variablesOf(layout: Layout, role: Role): Variables {
  const { servers, roles } = JSON.parse(readFileSync(file(layout), 'utf8')) as RunEnvironment;
  return { ...servers, ...roles[role], SANDPIT_ROLE: role };
}

interface ProcessOf {
  layout: Layout;
  ports: PortPlan;
  secrets: Secrets;
}

/** @param name  `doors` or `worker-<n>`, n from 1. */
export function processEnvironment(
  { layout, ports, secrets }: ProcessOf,
  name: string,
): { env: NodeJS.ProcessEnv; logFile: string } {
  const role = name.startsWith('worker') ? 'worker' : 'doors';
  const worker = Number(name.split('-')[1] ?? 1);
  const own =
    role === 'doors'
      ? { HTTP_HOST: '127.0.0.1', HTTP_PORT: `${ports.web}`, UI_DIR: UI_FOLDER }
      : { METRICS_PORT: `${ports.workerMetrics[worker - 1]}` };
  const env = {
    ...process.env,
    ...variablesOf(layout, role),
    ...own,
    NODE_ENV: 'production',
    // A worker that is restarted is back about a third sooner.
    NODE_COMPILE_CACHE: join(ROOT, '.sandpit', 'compile-cache'),
    IDENTITY_SECRET_FILE: secrets.identityFile,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
  };
  return { env, logFile: join(layout.logs, `${name}.log`) };
}
