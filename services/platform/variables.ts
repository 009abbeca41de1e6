/** Every environment variable: what it takes, and its default. */
import Type, { type Static } from 'typebox';

const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description });
const text = (description: string) => Type.String({ minLength: 1, description });
const url = (schemes: string, description: string) =>
  Type.String({ pattern: `^(${schemes})://[^\\s]+$`, description });

/** Every variable, what it takes, and its default. `.env` files and charts are written from this. */
export const Variables = Type.Object({
  SANDPIT_ROLE: Type.Union(
    [Type.Literal('doors'), Type.Literal('worker'), Type.Literal('operator')],
    { description: 'doors, worker or operator' },
  ),
  SANDPIT_ENV: Type.Union([Type.Literal('development'), Type.Literal('production')], {
    default: 'development',
    description: 'development or production',
  }),
  SANDPIT_NODE_ID: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'a name of letters, digits, _ and -, unique among all processes',
    }),
  ),
  SANDPIT_ENDED_NODE_ID: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description:
        'the SANDPIT_NODE_ID of a process that has certainly ended and that this one replaces',
    }),
  ),
  SANDPIT_NAMESPACE: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,32}$',
    default: 'sandpit',
    description: 'a name of letters, digits, _ and - shared by the processes of one system',
  }),
  NATS_URL: Type.String({
    pattern: '^(nats|tls)://[^\\s,]+(,(nats|tls)://[^\\s,]+)*$',
    description: 'one or more addresses such as nats://127.0.0.1:4222, separated by commas',
  }),
  NATS_CREDS: Type.Optional(text('the path of the .creds file for the bus')),
  NATS_MOL_CREDS: Type.Optional(text('the path of the .creds file for calls between services')),
  NATS_ARCHIVIST_CREDS: Type.Optional(
    text('the path of the .creds file with which an operator restores and trims logs'),
  ),
  NATS_APP_SIGNING_SEED_FILE: Type.Optional(
    text('the path of the signing seed that issues credentials to integrators'),
  ),
  NATS_APP_ACCOUNT_ID: Type.Optional(
    Type.String({ pattern: '^A[A-Z2-7]{55}$', description: 'the public key of the NATS account' }),
  ),
  NATS_PUBLIC_URL: Type.Optional(
    url(
      'nats|tls|ws|wss',
      'the address that integrators use, such as nats://nats.example.com:4222',
    ),
  ),
  SANDPIT_REPLICAS: Type.Integer({
    minimum: 1,
    maximum: 5,
    default: 1,
    description: 'copies of every stream: 1, 3 or 5',
  }),
  DATABASE_URL: url(
    'postgres|postgresql',
    'an address such as postgres://user:password@127.0.0.1:5432/sandpit',
  ),
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 2,
    maximum: 200,
    default: 10,
    description: 'connections to Postgres, 2 to 200',
  }),
  REDIS_URL: url('redis|rediss', 'an address such as redis://127.0.0.1:6379'),
  HTTP_HOST: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description: 'the address to bind',
  }),
  HTTP_PORT: port(3000, 'a port, 0 to 65535'),
  METRICS_HOST: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description: 'the address the metrics listener binds',
  }),
  METRICS_PORT: port(0, 'a port for Prometheus to read this process; 0 opens none'),
  PUBLIC_ORIGIN: Type.Optional(
    Type.String({
      pattern: '^https?://[^/\\s]+$',
      description: 'the origin in the browser, such as https://sandpit.example.com',
    }),
  ),
  ORDERS_PER_SECOND: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 200,
    description: 'orders that one account may send per second, 1 to 100000',
  }),
  TRUSTED_PROXIES: Type.Integer({
    minimum: 0,
    maximum: 5,
    default: 0,
    description: 'proxies in front of the gateway that append to X-Forwarded-For, 0 to 5',
  }),
  UI_DIR: Type.String({ minLength: 1, default: 'ui/build', description: 'the built web app' }),
  LOG_LEVEL: Type.Union(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'trace, debug, info, warn, error or fatal' },
  ),
  LOG_FILE: Type.Optional(text('the path of a file to log into instead of the output')),
  IDENTITY_SECRET_FILE: Type.Optional(
    text('the path of a file with at least 32 random bytes; it seals the signing keys'),
  ),
  MAX_SIMULATORS_PER_WORKER: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 1_000,
    description: 'simulators one worker takes, 1 to 10000',
  }),
  RUNNING_SIMULATORS_PER_ACCOUNT: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 3,
    description: 'simulators one account runs at once, 1 to 10000',
  }),
  KEPT_SIMULATORS_PER_ACCOUNT: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 20,
    description: 'simulators one account keeps, running or hibernated, 1 to 10000',
  }),
  HIBERNATE_IDLE_SECONDS: Type.Integer({
    // Open streams are counted once a minute.
    minimum: 180,
    maximum: 2_592_000,
    default: 900,
    description:
      'seconds after which a simulator that nobody watches and with nothing at stake is put away, 180 to 2592000',
  }),
  HIBERNATE_UNATTENDED_SECONDS: Type.Integer({
    minimum: 180,
    maximum: 2_592_000,
    default: 86_400,
    description: 'the same for one with open orders or positions, 180 to 2592000',
  }),
});
export type Variables = Static<typeof Variables>;
export type Role = Variables['SANDPIT_ROLE'];
