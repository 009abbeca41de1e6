/** Connect options for Moleculer's own NATS transporter, which speaks in another account. */
import { credsAuthenticator } from 'nats';

export interface TransporterSettings {
  servers: readonly string[];
  /** Contents of a `.creds` file; none on a server without accounts. */
  creds?: string;
  name: string;
}

const PING_INTERVAL_MS = 3_000;
const RECONNECT_WAIT_MS = 250;

/** A plain address would lose its scheme and the credentials, so the options are spelt out. */
export function transporterOptions({ servers, creds, name }: TransporterSettings) {
  return {
    servers: [...servers],
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    noAsyncTraces: true,
    ...(creds && { authenticator: credsAuthenticator(new TextEncoder().encode(creds)) }),
  };
}
