/**
 * The composition root: which services a role runs, and how Moleculer is set up under them.
 *
 * Guards of calls between services live here (timeout, breaker, bulkhead); calls that leave the mesh
 * are guarded by `services/platform/breakers.ts`, and never both at one place. Nothing here is read
 * from the environment by Moleculer: its runner would overwrite options from any variable with the
 * same name, so `services/platform/main.ts` creates the broker itself.
 */
import { transporterOptions } from '@sandpit/bus/transporter.ts';
import type { BrokerOptions } from 'moleculer';
import { type Config, loadConfig, type Role } from './services/platform/config.ts';
import { codeOf } from './services/platform/errors.ts';
import { moleculerLogger } from './services/platform/logging.ts';
import { PrometheusText } from './services/platform/metrics.ts';
import { audit } from './services/platform/middlewares/audit.ts';
import { authentication } from './services/platform/middlewares/authentication.ts';
import { connections, readCreds } from './services/platform/middlewares/connections.ts';
import { correlation } from './services/platform/middlewares/correlation.ts';
import { metrics } from './services/platform/middlewares/metrics.ts';
import { validation } from './services/platform/middlewares/validation.ts';
import type { Stores } from './services/platform/stores.ts';

/** Services of a role, as folders of `services/`; each holds `<name>.service.ts`. */
export const SERVICES_OF_ROLE: Readonly<Record<Role, readonly string[]>> = {
  doors: [
    'identity',
    'sessions',
    'profiles',
    'portfolio',
    'simulators',
    'orders',
    'gateway',
    'audit',
  ],
  worker: ['simulator'],
  operator: [],
};

const REQUEST_TIMEOUT_MS = 5_000;

/** @param stores  None for a worker; see `connections`. */
export function brokerOptions(config: Config, stores?: Stores): BrokerOptions {
  return {
    namespace: config.namespace,
    nodeID: config.nodeId,
    logger: moleculerLogger(config),
    logLevel: config.log.level as 'info',
    transporter: { type: 'NATS', options: transport(config) },
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A node that is gone is known after 3 s.
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    registry: { strategy: 'RoundRobin', preferLocal: true, stopDelay: 50 },
    tracking: { enabled: true, shutdownTimeout: 3_000 },
    circuitBreaker: {
      enabled: true,
      threshold: 0.5,
      windowTime: 30,
      minRequestCount: 20,
      halfOpenTime: 5_000,
      check: isFault,
    },
    bulkhead: { enabled: true, concurrency: 200, maxQueueSize: 200 },
    // Off unless an action says that it only reads (`read: true`).
    retryPolicy: { enabled: false, retries: 1, delay: 50, maxDelay: 200, check: wasAway },
    transit: { maxQueueSize: 5_000 },
    maxCallLevel: 20,
    // The validation middleware checks params; see there.
    validator: false,
    metrics: { enabled: true, reporter: [new PrometheusText() as never] },
    // The last one is outermost: a call is first given its correlation id, then its principal.
    middlewares: [
      connections(config, stores),
      metrics(),
      audit(),
      validation(),
      authentication(),
      correlation(),
    ],
    // SIGTERM and SIGINT are the entry's, which also keeps a deadline.
    skipProcessEventRegistration: true,
  };
}

/** What a worker would load for nothing is not loaded. */
export async function storesOf({ role }: Config): Promise<Stores | undefined> {
  return role === 'worker' ? undefined : (await import('./services/platform/stores.ts')).stores;
}

function transport(config: Config) {
  const creds = readCreds(config.nats.transporterCredsFile, 'NATS_MOL_CREDS');
  return transporterOptions({
    servers: config.nats.servers,
    name: `${config.nodeId} calls`,
    ...(creds && { creds }),
  });
}

/** Errors that say the serving node is ill, rather than that it is not the owner or does not know. */
function isFault(error: Error): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number' || code < 500) return false;
  return !['unavailable', 'outcomeUnknown'].includes(
    (error as { type?: string }).type ?? codeOf(error),
  );
}

/** Only what certainly did not run is repeated: a call that timed out may still be running. */
function wasAway(error: Error): boolean {
  const { type } = error as { type?: string };
  return type === 'unavailable' || type === 'SERVICE_NOT_FOUND' || type === 'SERVICE_NOT_AVAILABLE';
}

export default async () => {
  const config = loadConfig(process.env);
  return brokerOptions(config, await storesOf(config));
};
