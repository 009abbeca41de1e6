/** One connection: connect patiently, know at once when it is lost, never buffer what was not sent. */
import { connect, credsAuthenticator, type NatsConnection, type NatsError } from 'nats';
import { BusError } from './bus.ts';

export interface ConnectOptions {
  servers: string | string[];
  /** Contents of a `.creds` file; none on a server without accounts. */
  creds?: string;
  /** Shown by the server's monitor. */
  name: string;
  /** Reply subjects begin with it; the credential's permissions name it. */
  inboxPrefix?: string;
  /** How long the first connection is tried before the start fails. */
  patienceMs?: number;
  /** Where asynchronous trouble is reported; default: a process warning. */
  onWarning?: (message: string, fields: Record<string, unknown>) => void;
}

const FIRST_TRY_PATIENCE_MS = 60_000;
const PING_INTERVAL_MS = 3_000;
/** Full jitter up to here: a restarted server is not met by everybody at once. */
const RECONNECT_MAX_MS = 500;
/** Trying again does not help against these. */
const HOPELESS = new Set([
  'AUTHORIZATION_VIOLATION',
  'AUTHENTICATION_EXPIRED',
  'BAD_CREDS',
  'INVALID_OPTION',
]);

const pauseMs = () => 20 + Math.random() * RECONNECT_MAX_MS;

/** @throws BusError `refused` on bad credentials, `unavailable` when nobody answers in time. */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const giveUpAtMs = performance.now() + (options.patienceMs ?? FIRST_TRY_PATIENCE_MS);
  for (;;) {
    try {
      return await connect({
        servers: options.servers,
        name: options.name,
        inboxPrefix: options.inboxPrefix ?? '_INBOX',
        ...(options.creds && {
          authenticator: credsAuthenticator(new TextEncoder().encode(options.creds)),
        }),
        timeout: 5_000,
        // A stack trace per request doubles its cost.
        noAsyncTraces: true,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        reconnectDelayHandler: pauseMs,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: 2,
      });
    } catch (error) {
      const { code = '', message } = error as NatsError;
      const where = String(options.servers);
      if (HOPELESS.has(code)) {
        throw new BusError(
          'refused',
          `NATS at ${where} refused the credentials: ${message}.`,
          error,
        );
      }
      if (performance.now() > giveUpAtMs) {
        throw new BusError(
          'unavailable',
          `NATS at ${where} does not answer (${message}). Start it or correct NATS_URL.`,
          error,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs()));
    }
  }
}

/** Publishes and subscriptions the server refused, and lost or regained connections, as they come. */
export interface ConnectionEvents {
  onConnected(connected: boolean): void;
  onForbidden(operation: 'publish' | 'subscription', subject: string): void;
}

/** Runs until the connection is closed for good. */
export async function watchConnection(nc: NatsConnection, events: ConnectionEvents): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') events.onConnected(false);
    else if (status.type === 'reconnect') events.onConnected(true);
    else if (status.type === 'error' && status.permissionContext) {
      const { operation, subject } = status.permissionContext;
      events.onForbidden(operation as 'publish' | 'subscription', subject);
    }
  }
  events.onConnected(false);
}
