/** `npm run cluster`: what a data centre has, on one machine, to kill things in and watch. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDemoDesk } from '../first-run/demo-desk.ts';
import type { House } from '../first-run/house.ts';
import { type Layout, layoutOf, ROOT } from '../first-run/layout.ts';
import type { RunOptions } from '../first-run/options.ts';
import type { PortPlan } from '../first-run/port-plan.ts';
import { prepareFolders } from '../first-run/preflight.ts';
import { bornOf, releaseLock, takeLock, updateLock } from '../first-run/run-lock.ts';
import { bold, createScreen } from '../first-run/screen.ts';
import { DEMO_EMAIL, loadSecrets } from '../first-run/secrets.ts';
import { Stopper } from '../first-run/stopper.ts';
import { buildWebApp } from '../first-run/web-app.ts';
import { findOrInstall } from '../servers/find-server.ts';
import { ProcessGroup } from '../servers/process-group.ts';
import { StartError } from '../servers/start-error.ts';
import { Cluster } from './cluster.ts';
import { natsProgram } from './nats-program.ts';
import { CLUSTER_PORT_BASE, type ClusterPorts, portsFrom } from './ports.ts';

const HOME = join('.sandpit', 'cluster');
const LIMITS = { doors: [1, 4], workers: [1, 6] } as const;

export interface ClusterOptions {
  portBase: number;
  doors: number;
  workers: number;
  json: boolean;
}

/** @throws StartError naming the option that cannot be read. */
export function readClusterOptions(args: readonly string[]): ClusterOptions {
  const options = {
    'port-base': { type: 'string', default: `${CLUSTER_PORT_BASE}` },
    doors: { type: 'string', default: '2' },
    workers: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  } as const;
  let values: { 'port-base': string; doors: string; workers: string; json: boolean };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new StartError(
      (error as Error).message.split('. ')[0]!,
      'The options are --doors N, --workers N, --port-base N, --json.',
    );
  }
  return {
    portBase: whole('--port-base', values['port-base'], 1_024, 65_000),
    doors: whole('--doors', values.doors, ...LIMITS.doors),
    workers: whole('--workers', values.workers, ...LIMITS.workers),
    json: values.json,
  };
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new StartError(
    `${name} ${text} is not a whole number from ${min} to ${max}.`,
    `For example: ${name} ${min}`,
  );
}

/** @returns the exit code, once it has been stopped. */
export async function cluster(_: RunOptions, args: readonly string[]): Promise<number> {
  const options = readClusterOptions(args);
  const startedMs = performance.now();
  const layout = layoutOf(process.env.SANDPIT_HOME ?? HOME);
  const screen = createScreen(options.json);
  prepareFolders(layout);
  const other = await takeLock(layout.lockFile, screen.say);
  if (other) {
    screen.warn(`A cluster is already running (pid ${other.pid}).`);
    return 1;
  }
  const group = new ProcessGroup((members) => {
    const children = members.map(({ name, pid }) => ({ name, pid, born: bornOf(pid) ?? '' }));
    updateLock(layout.lockFile, { children });
  });
  const stopper = new Stopper(group, screen, () => releaseLock(layout.lockFile));
  try {
    const nats = await natsProgram(join(layout.home, 'nats-server'), screen.say);
    if (nats.reason) screen.warn(nats.reason);
    const ports = await portsFrom(options.portBase, { doors: options.doors, nats: nats.servers });
    const plan = outside(ports);
    updateLock(layout.lockFile, { ports: plan });
    const secrets = loadSecrets(layout.secrets);
    const house: House = { layout, ports: plan, group, screen, secrets };
    await screen.step('web app', () => buildWebApp(layout.logs, group));
    const redisProgram = findOrInstall(['redis-server'], screen.say)['redis-server'];
    const running = new Cluster({ house, ports, nats, redisProgram, ...options });
    stopper.onStop(() => running.stop());
    await running.start();
    if (!stopper.stopping) await openDemoDesk(house);
    if (stopper.stopping) return await stopper.stopped;
    updateLock(layout.lockFile, { ready: true });
    announce(running, house, options, performance.now() - startedMs);
  } catch (error) {
    if (stopper.stopping) return await stopper.stopped;
    await stopper.abandon();
    throw error;
  }
  return stopper.stopped;
}

/** As one system looks, for the commands that know no cluster. */
export function outside({ web, nats, postgres, redis }: ClusterPorts): PortPlan {
  const [{ client, monitor }] = nats as [ClusterPorts['nats'][0]];
  const rest = { doorsMetrics: 0, workerMetrics: [] };
  return { base: web, web, nats: client, natsMonitor: monitor, postgres, redis, ...rest };
}

function announce(
  running: Cluster,
  { layout, ports, secrets }: House,
  { json }: ClusterOptions,
  tookMs: number,
): void {
  const web = `http://127.0.0.1:${ports.web}`;
  const members = [...running.members.values()].map(({ name, pid }) => ({ name, pid }));
  if (json) {
    const demo = { email: DEMO_EMAIL, password: secrets.demoPassword };
    console.log(JSON.stringify({ ready: true, web, ports, demo, home: layout.home, members }));
    return;
  }
  const list = members.map(({ name, pid }) => `    ${name.padEnd(10)} ${pid}`).join('\n');
  console.log(`
  ${bold('The cluster is ready')} after ${(tookMs / 1000).toFixed(1)} s.

  Web        ${bold(web)}      (a balancer; the doors are behind it)
  Log in     ${DEMO_EMAIL}   password: ${secrets.demoPassword}
  Operators  SANDPIT_HOME=${homeInWords(layout)} npm run repl
  Logs       ${layout.logs}

  Processes, to be killed (kill -9) or frozen (kill -STOP, kill -CONT) one by one or together:
${list}

  Each is started again. Their pids: SANDPIT_HOME=${homeInWords(layout)} npm run status
  Press Ctrl-C to stop.
`);
}

const homeInWords = ({ home }: Layout) =>
  home.startsWith(ROOT) ? home.slice(ROOT.length + 1) : home;
