/** `npm start`: brings up everything, keeps it running, and takes it down again. */
import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { ProcessGroup } from '../servers/process-group.ts';
import { openDemoDesk } from './demo-desk.ts';
import type { House } from './house.ts';
import { startServers } from './house.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { RunOptions } from './options.ts';
import { findPorts } from './port-plan.ts';
import { prepareFolders } from './preflight.ts';
import { waitUntilWell } from './readiness.ts';
import { followRevocations } from './revocations.ts';
import { processEnvironment, writeRunEnvironment } from './run-environment.ts';
import { bornOf, releaseLock, takeLock, updateLock } from './run-lock.ts';
import { bold, createScreen, type Screen } from './screen.ts';
import { DEMO_EMAIL, loadSecrets } from './secrets.ts';
import { importRecordings, migrate, seedDemoTrader } from './set-up.ts';
import { status } from './status.ts';
import { Stopper } from './stopper.ts';
import { startService, successiveNames, supervise } from './supervisor.ts';
import { buildWebApp } from './web-app.ts';

const WELL_WITHIN_MS = 10_000;

/** @returns the exit code, once it has been stopped; at once when it already runs. */
export async function start(options: RunOptions): Promise<number> {
  const startedMs = performance.now();
  const layout = layoutOf();
  const screen = createScreen(options.json);
  prepareFolders(layout);
  const other = await takeLock(layout.lockFile, screen.say);
  if (other) {
    screen.warn(`Sandpit is already running (pid ${other.pid}).`);
    return status(options);
  }
  const group = new ProcessGroup((members) => {
    const children = members.map(({ name, pid }) => ({ name, pid, born: bornOf(pid) ?? '' }));
    updateLock(layout.lockFile, { children });
  });
  const stopper = new Stopper(group, screen, () => releaseLock(layout.lockFile));
  try {
    const house = await prepare(layout, group, screen, options);
    await startProcesses(house, options, stopper);
    // Scenarios live in a bucket that the doors make.
    if (!stopper.stopping) await importRecordings(house);
    if (!stopper.stopping) await openDemoDesk(house);
    if (stopper.stopping) return await stopper.stopped;
    stopper.onStop(await followRevocations(house));
    updateLock(layout.lockFile, { ready: true });
    announce(house, options, performance.now() - startedMs);
  } catch (error) {
    // Stopped while starting: what fails then fails because of it.
    if (stopper.stopping) return await stopper.stopped;
    await stopper.abandon();
    throw error;
  }
  return stopper.stopped;
}

async function prepare(
  layout: Layout,
  group: ProcessGroup,
  screen: Screen,
  options: RunOptions,
): Promise<House> {
  const ports = await findPorts(options.portBase, options.portBaseIsFixed, screen.warn);
  updateLock(layout.lockFile, { ports });
  const house: House = { layout, ports, group, screen, secrets: loadSecrets(layout.secrets) };
  // The build needs no server, and the servers leave a core idle.
  const built = buildWebApp(layout.logs, group).catch((error: unknown) => ({ error }));
  writeRunEnvironment(layout, await startServers(house));
  await screen.step('database schema', () => migrate(house));
  await screen.step(
    'web app',
    async () => {
      const outcome = await built;
      if (typeof outcome === 'object') throw outcome.error;
      return outcome;
    },
    (wasBuilt) => (wasBuilt ? 'built' : 'unchanged'),
  );
  await screen.step('demo trader', () => seedDemoTrader(house));
  return house;
}

async function startProcesses(house: House, options: RunOptions, stopper: Stopper): Promise<void> {
  const { screen, group, layout } = house;
  let trouble = '';
  const workers = Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`);
  await screen.step(
    `services (doors, ${options.workers} worker${options.workers > 1 ? 's' : ''})`,
    async () => {
      await Promise.all(
        [...workers, 'doors'].map(async (name) => {
          const { env, logFile } = processEnvironment(house, name);
          const names = successiveNames(name);
          const start = () => startService({ name, env: { ...env, ...names() }, logFile, group });
          stopper.onStop(await supervise({ name, logFile, start, warn: screen.warn }));
        }),
      );
      trouble = stopper.stopping ? '' : await waitUntilWell(house.ports.web, WELL_WITHIN_MS);
    },
  );
  if (trouble) screen.warn(`Not everything is well yet: ${trouble}`);
  updateLock(layout.lockFile, {});
}

function announce(house: House, options: RunOptions, tookMs: number): void {
  const { ports, secrets, layout } = house;
  const web = `http://127.0.0.1:${ports.web}`;
  if (options.json) {
    const demo = { email: DEMO_EMAIL, password: secrets.demoPassword };
    console.log(JSON.stringify({ ready: true, web, ports, demo, home: layout.home }));
    return;
  }
  const here = (path: string) => {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  };
  console.log(`
  ${bold('Sandpit is ready')} after ${(tookMs / 1000).toFixed(1)} s.

  Web        ${bold(web)}
  Log in     ${DEMO_EMAIL}   password: ${secrets.demoPassword}
  API        ${web}/docs     metrics: ${web}/metrics
  NATS       nats://127.0.0.1:${ports.nats}     credentials: on the home page, under Integrations
  Operators  npm run repl
  Logs       ${here(layout.logs)}

  Press Ctrl-C to stop. Next, in another terminal: npm run status
`);
  if (options.open) openBrowser(web);
}

/** Only where a person sits in front of the machine: not over SSH, not in CI. */
function openBrowser(url: string): void {
  const { CI, SSH_CONNECTION, DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (!process.stdout.isTTY || CI || SSH_CONNECTION) return;
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return;
  const browser = spawn(command, [url], { detached: true, stdio: 'ignore' });
  browser.on('error', () => {});
  browser.unref();
}
