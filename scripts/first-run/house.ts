/** The servers of one run and the environment that tells the services where they are. */
import { join } from 'node:path';
import { createNatsHome } from '@sandpit/bus/security/nats-home.ts';
import { findOrInstall, type ServerProgram } from '../servers/find-server.ts';
import { startNats } from '../servers/nats.ts';
import { startPostgres } from '../servers/postgres.ts';
import type { ProcessGroup } from '../servers/process-group.ts';
import { startRedis } from '../servers/redis.ts';
import type { Layout } from './layout.ts';
import type { PortPlan } from './port-plan.ts';
import type { RunEnvironment, Variables } from './run-environment.ts';
import type { Screen } from './screen.ts';
import type { Secrets } from './secrets.ts';

export interface House {
  layout: Layout;
  ports: PortPlan;
  secrets: Secrets;
  group: ProcessGroup;
  screen: Screen;
}

/** Variables that name a server of the user's own. */
const GIVEN = ['NATS_URL', 'REDIS_URL', 'DATABASE_URL'] as const;

/** Starts every server that no variable names. @returns what the services have to be told. */
export async function startServers(house: House): Promise<RunEnvironment> {
  const { screen } = house;
  const programs = await screen.step('server programs', async () => findPrograms(screen));
  const given = Object.fromEntries(
    GIVEN.filter((name) => process.env[name]).map((name) => [name, process.env[name]!]),
  );
  for (const name of Object.keys(given)) screen.say(`${name} is given: using that server`);
  const servers: Variables = { ...given };
  let roles: RunEnvironment['roles'] = { doors: {}, worker: {}, operator: {} };
  if (!given.NATS_URL) {
    const start = () => startOwnNats(house, programs['nats-server']);
    const nats = await screen.step('NATS JetStream', start, portNote(house.ports.nats));
    servers.NATS_URL = nats.url;
    roles = nats.roles;
  }
  if (!given.REDIS_URL) {
    const start = () => startOwnRedis(house, programs['redis-server']);
    Object.assign(servers, await screen.step('Redis', start, portNote(house.ports.redis)));
  }
  if (!given.DATABASE_URL) {
    const start = () => startOwnPostgres(house);
    Object.assign(servers, await screen.step('PostgreSQL', start, portNote(house.ports.postgres)));
  }
  return { servers, roles };
}

const portNote = (port: number) => () => `127.0.0.1:${port}`;

function findPrograms(screen: Screen): Record<ServerProgram, string> {
  const wanted: ServerProgram[] = [];
  if (!process.env.NATS_URL) wanted.push('nats-server');
  if (!process.env.REDIS_URL) wanted.push('redis-server');
  return findOrInstall(wanted, screen.say);
}

async function startOwnNats({ layout, ports, group }: House, program: string) {
  const home = await createNatsHome(layout.nats, { port: ports.nats, httpPort: ports.natsMonitor });
  const logFile = join(layout.logs, 'nats.log');
  const { configFile, url } = home;
  group.add(await startNats({ program, configFile, monitorPort: ports.natsMonitor, logFile }));
  const credentials = (role: 'doors' | 'worker' | 'operator') => ({
    NATS_CREDS: home.creds[role],
    NATS_MOL_CREDS: home.creds.mol,
  });
  const issuer = {
    NATS_APP_SIGNING_SEED_FILE: home.appSigningSeedFile,
    NATS_APP_ACCOUNT_ID: home.appAccountId,
    NATS_PUBLIC_URL: url,
  };
  const roles = {
    doors: { ...credentials('doors'), ...issuer },
    worker: credentials('worker'),
    operator: { ...credentials('operator'), NATS_ARCHIVIST_CREDS: home.creds.archivist },
  };
  return { url, roles };
}

async function startOwnRedis({ layout, ports, secrets, group }: House, program: string) {
  const password = secrets.redisPassword;
  const logFile = join(layout.logs, 'redis.log');
  group.add(
    await startRedis({ program, folder: layout.redis, port: ports.redis, password, logFile }),
  );
  return { REDIS_URL: `redis://:${password}@127.0.0.1:${ports.redis}` };
}

async function startOwnPostgres({ layout, ports, secrets, group }: House) {
  const server = await startPostgres({
    folder: layout.postgres,
    port: ports.postgres,
    password: secrets.postgresPassword,
    logFile: join(layout.logs, 'postgres.log'),
  });
  group.add(server.process);
  return { DATABASE_URL: server.databaseUrl };
}
