/**
 * What every service stands on, set on the broker: `config` and `tokens` from its creation, `bus`
 * connected before the services start and closed after they have stopped. `database` and `cache` are
 * there before the services are, except in a worker: it trades without either, so it has no cache,
 * and `lateDatabase` loads the database when it is needed first. That is a third of what it would
 * load, and a worker that takes over from a dead one has to load all of it before it can begin.
 */
import { readFileSync } from 'node:fs';
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams, streamConfigurations } from '@sandpit/bus/streams.ts';
import type { Middleware, ServiceBroker } from 'moleculer';
import type { Config } from '../config.ts';
import type { SandpitDatabase } from '../database.ts';
import { patiently } from '../startup.ts';
import type { Stores } from '../stores.ts';
import { TokenVerifier } from '../tokens.ts';

const PATIENCE_MS = 60_000;

/** @param stores  None for a worker. */
export function connections(config: Config, stores?: Stores): Middleware {
  let closeLate = async () => {};
  return {
    name: 'Connections',
    created(broker) {
      broker.config = config;
      broker.tokens = new TokenVerifier();
      if (stores) {
        broker.database = stores.database(broker);
        broker.cache = stores.cache(broker);
      }
      let late: Promise<SandpitDatabase> | null = null;
      broker.lateDatabase = () => {
        if (stores) return Promise.resolve(broker.database);
        late ??= import('../stores.ts').then(({ databaseOf }) => databaseOf(broker));
        return late;
      };
      closeLate = async () => (await late)?.destroy();
    },
    async starting(broker) {
      await connectTheBus(broker);
      await Promise.all([followKeys(broker), stores?.reach(broker)]);
    },
    async stopped(broker) {
      await broker.tokens.stop();
      // Absent when the start failed before it was connected.
      await (broker.bus as ServiceBroker['bus'] | undefined)?.close();
      await closeLate();
      if (!stores) return;
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
