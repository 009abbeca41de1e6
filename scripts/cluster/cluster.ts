/**
 * A whole installation on one machine: servers, several doors behind a balancer, several workers.
 * Every process is kept running, so that any of them can be killed while somebody trades.
 */
import { join } from 'node:path';
import { createNatsHome, type NatsHome } from '@sandpit/bus/security/nats-home.ts';
import type { House } from '../first-run/house.ts';
import { processEnvironment, writeRunEnvironment } from '../first-run/run-environment.ts';
import { migrate, seedDemoTrader } from '../first-run/set-up.ts';
import { startService } from '../first-run/supervisor.ts';
import type { ManagedProcess } from '../servers/managed-process.ts';
import { startNats } from '../servers/nats.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis } from '../servers/redis.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { Member } from './member.ts';
import type { NatsProgram } from './nats-program.ts';
import type { ClusterPorts } from './ports.ts';

/** For each kind; all of it stays within the ten seconds that a stop may take. */
const STOP_MS = 2_800;

export interface ClusterSettings {
  /** Its `ports` are those of what looks like one system from outside. */
  house: House;
  ports: ClusterPorts;
  nats: NatsProgram;
  redisProgram: string;
  doors: number;
  workers: number;
  /** For every door and worker. */
  env?: Record<string, string>;
  /** For one of them, last: a test puts a bad network in between. */
  envOf?: (name: string) => Record<string, string>;
}

export class Cluster {
  readonly members = new Map<string, Member>();
  readonly #settings: ClusterSettings;
  #balancer: Balancer | null = null;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
  }

  /** @throws StartError when anything does not come up. */
  async start(): Promise<void> {
    const { house, doors, workers } = this.#settings;
    const { screen } = house;
    await this.#startServers();
    await screen.step('database schema', () => migrate(house));
    await screen.step('demo trader', () => seedDemoTrader(house));
    const names = [...numbered('worker', workers), ...numbered('doors', doors)];
    await screen.step(`services (${doors} doors, ${workers} workers)`, () =>
      Promise.all(names.map((name) => this.#add(name, () => this.#startService(name)))),
    );
    await screen.step('balancer', async () => {
      this.#balancer = await startBalancer(this.#settings.ports.web, this.#doors());
    });
  }

  /** @throws Error when there is none of that name. */
  member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`There is no ${name}.`);
    return member;
  }

  /** Names of a kind, such as `worker`. */
  names(kind: string): string[] {
    return [...this.members.keys()].filter((name) => name === kind || name.startsWith(`${kind}-`));
  }

  /** No restarts any more; then doors, workers and servers, those of a kind together. */
  async stop(): Promise<void> {
    for (const member of this.members.values()) member.retire();
    await this.#balancer?.close();
    this.#balancer = null;
    for (const kinds of [['doors'], ['worker'], ['nats', 'redis', 'postgres']]) {
      const names = kinds.flatMap((kind) => this.names(kind));
      await Promise.all(names.map((name) => this.member(name).stop(STOP_MS)));
    }
  }

  #doors(): { name: string; port: number }[] {
    return this.#settings.ports.doors.map((port, i) => ({ name: `doors-${i + 1}`, port }));
  }

  async #startServers(): Promise<void> {
    const { house, ports, nats } = this.#settings;
    const { screen, secrets } = house;
    const homes = await this.#natsHomes();
    const { creds, appSigningSeedFile, appAccountId } = homes[0]!;
    const role = (name: 'doors' | 'worker' | 'operator') => ({
      NATS_CREDS: creds[name],
      NATS_MOL_CREDS: creds.mol,
      SANDPIT_REPLICAS: `${nats.servers}`,
    });
    const urls = homes.map(({ url }) => url).join(',');
    const issuer = {
      NATS_APP_SIGNING_SEED_FILE: appSigningSeedFile,
      NATS_APP_ACCOUNT_ID: appAccountId,
      NATS_PUBLIC_URL: homes[0]!.url,
    };
    await screen.step(`NATS JetStream (${nats.servers} × ${nats.version})`, () =>
      Promise.all(
        homes.map((home, i) => this.#add(`nats-${i + 1}`, () => this.#startNats(home, i))),
      ),
    );
    await screen.step('Redis', () => this.#add('redis', () => this.#startRedis()));
    await screen.step('PostgreSQL', () => this.#add('postgres', () => this.#startPostgres()));
    const { postgresPassword, redisPassword } = secrets;
    writeRunEnvironment(house.layout, {
      servers: {
        NATS_URL: urls,
        REDIS_URL: `redis://:${redisPassword}@127.0.0.1:${ports.redis}`,
        DATABASE_URL: `postgresql://sandpit:${postgresPassword}@127.0.0.1:${ports.postgres}/sandpit`,
      },
      roles: {
        doors: { ...role('doors'), ...issuer },
        worker: role('worker'),
        operator: role('operator'),
      },
    });
  }

  async #natsHomes(): Promise<NatsHome[]> {
    const { house, ports, nats } = this.#settings;
    const routePorts = ports.nats.map(({ route }) => route);
    const homes: NatsHome[] = [];
    // One after the other: they share keys and credentials.
    for (const [i, { client, monitor, route }] of ports.nats.entries()) {
      const node = { name: `${i + 1}`, routePort: route, routePorts };
      const cluster = nats.servers > 1 ? { cluster: node } : {};
      const options = { port: client, httpPort: monitor, ...cluster };
      homes.push(await createNatsHome(house.layout.nats, options));
    }
    return homes;
  }

  #startNats({ configFile }: NatsHome, index: number): Promise<ManagedProcess> {
    const { house, ports, nats } = this.#settings;
    const { monitor } = ports.nats[index]!;
    const logFile = this.#logFile(`nats-${index + 1}`);
    const options = { program: nats.program, configFile, monitorPort: monitor, logFile };
    return startNats(options).then((server) => house.group.add(server));
  }

  async #startRedis(): Promise<ManagedProcess> {
    const { house, ports, redisProgram } = this.#settings;
    const server = await startRedis({
      program: redisProgram,
      folder: house.layout.redis,
      port: ports.redis,
      password: house.secrets.redisPassword,
      logFile: this.#logFile('redis'),
    });
    return house.group.add(server);
  }

  async #startPostgres(): Promise<ManagedProcess> {
    const { house, ports } = this.#settings;
    const { process } = await startPostgres({
      folder: house.layout.postgres,
      port: ports.postgres,
      password: house.secrets.postgresPassword,
      logFile: this.#logFile('postgres'),
    });
    return house.group.add(process);
  }

  #startService(name: string): Promise<ManagedProcess> {
    const { house, ports, env, envOf } = this.#settings;
    const standard = processEnvironment(house, name);
    const [role, number] = name.split('-') as [string, string];
    const door = {
      HTTP_PORT: `${ports.doors[Number(number) - 1]}`,
      PUBLIC_ORIGIN: `http://127.0.0.1:${ports.web}`,
      TRUSTED_PROXIES: '1',
    };
    return startService({
      name,
      logFile: standard.logFile,
      group: house.group,
      env: {
        ...standard.env,
        METRICS_PORT: '0',
        ...(role === 'doors' && door),
        ...env,
        ...envOf?.(name),
      },
    });
  }

  async #add(name: string, start: () => Promise<ManagedProcess>): Promise<void> {
    const { warn } = this.#settings.house.screen;
    const member = new Member({ name, logFile: this.#logFile(name), start, warn });
    this.members.set(name, member);
    await member.start();
  }

  #logFile(name: string): string {
    return join(this.#settings.house.layout.logs, `${name}.log`);
  }
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
