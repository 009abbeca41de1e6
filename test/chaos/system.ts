/** The installation that is tormented: a cluster of its own in a temporary folder, with bad networks in it. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../scripts/cluster/cluster.ts';
import { outside } from '../../scripts/cluster/command.ts';
import { type NatsProgram, natsProgram, versionIn } from '../../scripts/cluster/nats-program.ts';
import { anyPorts } from '../../scripts/cluster/ports.ts';
import type { House } from '../../scripts/first-run/house.ts';
import { layoutOf } from '../../scripts/first-run/layout.ts';
import { prepareFolders } from '../../scripts/first-run/preflight.ts';
import type { Screen } from '../../scripts/first-run/screen.ts';
import { loadSecrets } from '../../scripts/first-run/secrets.ts';
import { findOrInstall, versionOf } from '../../scripts/servers/find-server.ts';
import { ProcessGroup } from '../../scripts/servers/process-group.ts';
import type { Random } from '../../services/simulator/simulation/workload.ts';
import { FaultProxy } from './clients/fault-proxy.ts';
import { type AppendOutcome, NatsTap } from './clients/nats-tap.ts';

const COMPLAINTS_MAX = 40;

export interface SystemOptions {
  random: Random;
  doors: number;
  workers: number;
  /** Three nats-servers, where they can be had. */
  natsCluster: boolean;
  say: (line: string) => void;
}

export interface ChaosSystem {
  cluster: Cluster;
  home: string;
  /** Of the balancer. */
  web: string;
  nats: NatsProgram;
  /** Between each worker and NATS; empty with three servers, which are not reached through one. */
  workerNetworks: ReadonlyMap<string, FaultProxy>;
  /** What the log made of the workers' appends so far; null where nobody can listen in. */
  appends: ReadonlyMap<AppendOutcome, number> | null;
  /** Between the clients' streams and the balancer. */
  streamNetwork: FaultProxy;
  /** What the services complained about; newest last. */
  complaints(): string[];
  dispose(): Promise<void>;
}

export async function startSystem(options: SystemOptions): Promise<ChaosSystem> {
  const home = mkdtempSync(join(tmpdir(), 'sandpit-chaos-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(home, 0o755);
  const layout = layoutOf(home);
  prepareFolders(layout);
  const group = new ProcessGroup();
  const networks: FaultProxy[] = [];
  const openNetwork = async (target: number) => {
    const network = await FaultProxy.open(target, options.random);
    networks.push(network);
    return network;
  };
  let cluster: Cluster | null = null;
  const dispose = async () => {
    await cluster?.stop();
    await group.stop(5_000);
    await Promise.all(networks.map((network) => network.close()));
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const nats = await natsOf(options, home);
    const ports = await anyPorts({ doors: options.doors, nats: nats.servers });
    const workerNetworks = new Map<string, FaultProxy>();
    const appends = new Map<AppendOutcome, number>();
    const count = (outcome: AppendOutcome) =>
      void appends.set(outcome, (appends.get(outcome) ?? 0) + 1);
    for (let i = 1; nats.servers === 1 && i <= options.workers; i++) {
      const network = await openNetwork(ports.nats[0]!.client);
      network.listenIn = () => {
        const tap = new NatsTap(count);
        return (way, bytes) => tap.passed(way, bytes);
      };
      workerNetworks.set(`worker-${i}`, network);
    }
    const streamNetwork = await openNetwork(ports.web);
    const screen = quiet(options.say);
    const secrets = loadSecrets(layout.secrets);
    const house: House = { layout, ports: outside(ports), group, screen, secrets };
    cluster = new Cluster({
      house,
      ports,
      nats,
      redisProgram: findOrInstall(['redis-server'], options.say)['redis-server'],
      doors: options.doors,
      workers: options.workers,
      env: { LOG_LEVEL: 'warn' },
      envOf: (name) => {
        const network = workerNetworks.get(name);
        return network ? { NATS_URL: `nats://127.0.0.1:${network.port}` } : {};
      },
    });
    await cluster.start();
    return {
      cluster,
      home,
      web: `http://127.0.0.1:${ports.web}`,
      nats,
      workerNetworks,
      appends: workerNetworks.size > 0 ? appends : null,
      streamNetwork,
      complaints: () => complaints(layout.logs),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function natsOf({ natsCluster, say }: SystemOptions, home: string): Promise<NatsProgram> {
  if (natsCluster) return natsProgram(join(home, 'nats-server'), say);
  const program = findOrInstall(['nats-server'], say)['nats-server'];
  return { program, version: versionIn(versionOf(program)), servers: 1, reason: null };
}

/** Restarts are what it is about; only failures of the start itself are told, by their errors. */
const quiet = (say: (line: string) => void): Screen => ({
  step: (_, work) => work(),
  say,
  warn: () => {},
});

function complaints(logs: string): string[] {
  const services = readdirSync(logs).filter((name) => /^(doors|worker)/.test(name));
  return services.sort().flatMap((name) => {
    const lines = readFileSync(join(logs, name), 'utf8').split('\n').filter(Boolean);
    return lines.slice(-COMPLAINTS_MAX).map((line) => `${name} ${line.slice(0, 400)}`);
  });
}
