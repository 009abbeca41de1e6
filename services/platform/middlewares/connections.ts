/**
 * What every service stands on, set on the broker: `config`, `database`, `cache` and `tokens` from its
 * creation, `bus` connected before the services start and closed after they have stopped.
 */
import { readFileSync } from 'node:fs';
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams, streamConfigurations } from '@sandpit/bus/streams.ts';
import { sql } from 'kysely';
import type { Middleware, ServiceBroker } from 'moleculer';
import { createCache } from '../cache.ts';
import type { Config } from '../config.ts';
import { createDatabase } from '../database.ts';
import { patiently, placeOf } from '../startup.ts';
import { TokenVerifier } from '../tokens.ts';

const PATIENCE_MS = 60_000;

export function connections(config: Config): Middleware {
  return {
    name: 'Connections',
    created(broker) {
      const quiet = repeated((message, error) => broker.logger.warn({ err: error }, message));
      broker.config = config;
      broker.tokens = new TokenVerifier();
      broker.database = createDatabase({
        url: config.database.url,
        connectionsMax: config.database.connectionsMax,
        applicationName: config.nodeId,
        onError: (error) => quiet('Postgres connection lost', error),
      });
      broker.cache = createCache({
        url: config.redisUrl,
        name: config.nodeId,
        onError: (error) => quiet('Redis connection lost', error),
      });
    },
    async starting(broker) {
      await connectTheBus(broker);
      await Promise.all([followKeys(broker), reachPostgres(broker), reachRedis(broker)]);
    },
    async stopped(broker) {
      await broker.tokens.stop();
      // Absent when the start failed before it was connected.
      await (broker.bus as ServiceBroker['bus'] | undefined)?.close();
      await broker.cache.close();
      await broker.database.destroy();
    },
  };
}

/** The contents of a credentials file, with a sentence instead of ENOENT. */
export function readCreds(path: string | null, variable: string): string | undefined {
  if (path === null) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${variable} names "${path}", which cannot be read.`, { cause: error });
  }
}

async function connectTheBus(broker: ServiceBroker): Promise<void> {
  const { nats, nodeId, role } = broker.config;
  const creds = readCreds(nats.credsFile, 'NATS_CREDS');
  const bus = await connectBus({
    servers: [...nats.servers],
    name: nodeId,
    inboxPrefix: `_INBOX_${role}`,
    patienceMs: PATIENCE_MS,
    ...(creds && { creds }),
    onWarning: (message, fields) => broker.logger.warn(fields, message),
  });
  broker.bus = bus;
  if (role === 'operator') return;
  const settings = { replicas: nats.replicas, storageScale: 1 };
  const streams = async () => {
    // Only the doors may create them; a worker that tried would be refused.
    if (role !== 'doors') await seeStreams(bus, settings);
    await ensureStreams(bus, settings);
  };
  await patiently(streams, {
    what: 'JetStream with its streams',
    remedy: 'See the cause, and that JetStream is enabled on the server.',
    patienceMs: role === 'doors' ? 10_000 : PATIENCE_MS,
  });
}

/** @throws BusError while one of them is missing. */
async function seeStreams(
  { api }: NatsBus,
  settings: Parameters<typeof streamConfigurations>[0],
): Promise<void> {
  for (const { name } of streamConfigurations(settings)) await api.request(`STREAM.INFO.${name}`);
}

async function followKeys(broker: ServiceBroker): Promise<void> {
  if (broker.config.role === 'operator') return;
  await patiently(() => broker.tokens.follow(broker.bus), {
    what: 'The bucket KEYS',
    remedy: 'Start the doors first; they create it.',
    patienceMs: PATIENCE_MS,
  });
}

async function reachPostgres({ database, config, logger }: ServiceBroker): Promise<void> {
  // A worker trades without Postgres; an operator looks at what is broken.
  const needed = config.role === 'doors';
  const work = () => sql`select 1`.execute(database);
  const place = placeOf(config.database.url);
  try {
    await patiently(work, {
      what: `Postgres at ${place}`,
      remedy: 'Start it or correct DATABASE_URL.',
      patienceMs: needed ? PATIENCE_MS : 0,
      onWaiting: (message) => logger.warn(message),
    });
  } catch (error) {
    if (needed) throw error;
    logger.warn({ err: error, place }, 'Postgres is away; going on without it');
  }
}

async function reachRedis({ cache, config, logger }: ServiceBroker): Promise<void> {
  try {
    await cache.connect();
  } catch (error) {
    const place = placeOf(config.redisUrl);
    logger.warn({ err: error, place }, 'Redis is away; going on without it');
  }
}

/** Passes the first of a run of equal messages and then one a minute. */
function repeated(tell: (message: string, error: Error) => void) {
  const toldAtMs = new Map<string, number>();
  return (message: string, error: Error) => {
    const nowMs = performance.now();
    if (nowMs - (toldAtMs.get(message) ?? -Infinity) < 60_000) return;
    toldAtMs.set(message, nowMs);
    tell(message, error);
  };
}
