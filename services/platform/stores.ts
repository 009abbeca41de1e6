/** Postgres and Redis of a process, as its broker carries them. */
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { type Cache, createCache } from './cache.ts';
import { createDatabase, type SandpitDatabase } from './database.ts';
import { patiently, placeOf } from './startup.ts';

const PATIENCE_MS = 60_000;

export interface Stores {
  database(broker: ServiceBroker): SandpitDatabase;
  cache(broker: ServiceBroker): Cache;
  /** @throws Error when the process cannot do without the one that does not answer. */
  reach(broker: ServiceBroker): Promise<void>;
}

export const stores: Stores = {
  database: databaseOf,
  cache: ({ config, logger }) =>
    createCache({
      url: config.redisUrl,
      name: config.nodeId,
      onError: quietly(logger, 'Redis connection lost'),
    }),
  async reach(broker) {
    await Promise.all([reachPostgres(broker), reachRedis(broker)]);
  },
};

export function databaseOf({ config, logger }: ServiceBroker): SandpitDatabase {
  return createDatabase({
    url: config.database.url,
    connectionsMax: config.database.connectionsMax,
    applicationName: config.nodeId,
    onError: quietly(logger, 'Postgres connection lost'),
  });
}

async function reachPostgres({ database, config, logger }: ServiceBroker): Promise<void> {
  // An operator looks at what is broken.
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

/** Passes the first of a run of failures and then one a minute. */
function quietly(logger: ServiceBroker['logger'], message: string) {
  let toldAtMs = -Infinity;
  return (error: Error) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < 60_000) return;
    toldAtMs = nowMs;
    logger.warn({ err: error }, message);
  };
}
