/** The process's settings: read once from the environment, checked whole, frozen. */
import { randomBytes } from 'node:crypto';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Role, Variables } from './variables.ts';

export type { Role } from './variables.ts';

const validator = Compile(Variables);

export interface Config {
  role: Role;
  environment: 'development' | 'production';
  nodeId: string;
  /** The process that this one was started in place of. */
  endedNodeId: string | null;
  namespace: string;
  nats: {
    /** Addresses with scheme. */
    servers: readonly string[];
    credsFile: string | null;
    transporterCredsFile: string | null;
    archivistCredsFile: string | null;
    appSigningSeedFile: string | null;
    appAccountId: string | null;
    /** What integrators are told to connect to. */
    publicUrl: string;
    replicas: number;
  };
  database: { url: string; connectionsMax: number };
  redisUrl: string;
  http: {
    host: string;
    port: number;
    publicOrigin: string;
    uiDir: string;
    ordersPerSecond: number;
    trustedProxies: number;
  };
  /** `port` 0 = no listener. */
  metrics: { host: string; port: number };
  log: { level: string; file: string | null };
  identitySecretFile: string | null;
  simulatorsPerWorkerMax: number;
  /** Of an account whose own quota no operator has changed. */
  quota: { runningMax: number; keptMax: number };
  hibernation: { idleMs: number; unattendedMs: number };
}

export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * @param env  Usually `process.env`. An empty value counts as not set.
 * @throws ConfigError naming every bad variable at once, with what it takes.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.keys(Variables.properties)
      .filter((name) => env[name])
      .map((name) => [name, env[name] as string]),
  );
  const variables = validator.Default(withNumbers(given));
  const problems = validator.Check(variables) ? [] : problemsOf(given, variables);
  if (problems.length === 0) problems.push(...unsafeInProduction(variables as Variables));
  if (problems.length > 0) throw new ConfigError(problems);
  return freeze(configOf(variables as Variables));
}

/** Whole numbers only: `Convert` would cut 3000.5 to 3000 and say nothing. */
function withNumbers(given: Record<string, string>): Record<string, string | number> {
  const properties = Variables.properties as unknown as Record<string, { type?: string }>;
  const convert = ([name, text]: [string, string]): [string, string | number] =>
    properties[name].type === 'integer' && /^\d{1,15}$/.test(text)
      ? [name, Number(text)]
      : [name, text];
  return Object.fromEntries(Object.entries(given).map(convert));
}

function problemsOf(given: Record<string, unknown>, variables: unknown): string[] {
  const properties = Variables.properties as unknown as Record<string, { description: string }>;
  return Object.keys(properties)
    .filter((name) => !validatorOf(name).Check(variables))
    .map((name) => `${name} ${fault(name, given)}. It takes ${properties[name].description}.`);
}

/** One variable's own check, so that each bad one is named and the good ones are not. */
function validatorOf(name: string) {
  const property = Variables.properties[name as keyof Variables];
  const required = Variables.required as readonly string[];
  return Compile(
    Type.Object({ [name]: required.includes(name) ? property : Type.Optional(property) }),
  );
}

/** Addresses may hold a password, so their value is never repeated. */
function fault(name: string, given: Record<string, unknown>): string {
  if (!(name in given)) return 'is missing';
  return /_URL$|CREDS|SEED|SECRET/.test(name) ? 'is malformed' : `is "${given[name]}"`;
}

function unsafeInProduction(variables: Variables): string[] {
  if (variables.SANDPIT_ENV !== 'production') return [];
  const needed: (keyof Variables)[] = ['NATS_CREDS', 'NATS_MOL_CREDS'];
  if (variables.SANDPIT_ROLE === 'doors') needed.push('PUBLIC_ORIGIN', 'IDENTITY_SECRET_FILE');
  const problems = needed
    .filter((name) => !variables[name])
    .map((name) => `${name} is missing, and production does not run without it.`);
  if (variables.PUBLIC_ORIGIN?.startsWith('http://')) {
    problems.push('PUBLIC_ORIGIN must begin with https:// in production.');
  }
  if (/\/\/[^/@]*:(sandpit|password|postgres|changeme)@/.test(variables.DATABASE_URL)) {
    problems.push('DATABASE_URL holds a development password. Give the account a real one.');
  }
  return problems;
}

function configOf(v: Variables): Config {
  return {
    role: v.SANDPIT_ROLE,
    environment: v.SANDPIT_ENV,
    nodeId:
      v.SANDPIT_NODE_ID ?? `${v.SANDPIT_ROLE}-${process.pid}-${randomBytes(3).toString('hex')}`,
    endedNodeId: v.SANDPIT_ENDED_NODE_ID ?? null,
    namespace: v.SANDPIT_NAMESPACE,
    nats: {
      servers: v.NATS_URL.split(','),
      credsFile: v.NATS_CREDS ?? null,
      transporterCredsFile: v.NATS_MOL_CREDS ?? null,
      archivistCredsFile: v.NATS_ARCHIVIST_CREDS ?? null,
      appSigningSeedFile: v.NATS_APP_SIGNING_SEED_FILE ?? null,
      appAccountId: v.NATS_APP_ACCOUNT_ID ?? null,
      publicUrl: v.NATS_PUBLIC_URL ?? v.NATS_URL.split(',')[0],
      replicas: v.SANDPIT_REPLICAS,
    },
    database: { url: v.DATABASE_URL, connectionsMax: v.DATABASE_CONNECTIONS },
    redisUrl: v.REDIS_URL,
    http: {
      host: v.HTTP_HOST,
      port: v.HTTP_PORT,
      publicOrigin: v.PUBLIC_ORIGIN ?? `http://${v.HTTP_HOST}:${v.HTTP_PORT}`,
      uiDir: v.UI_DIR,
      ordersPerSecond: v.ORDERS_PER_SECOND,
      trustedProxies: v.TRUSTED_PROXIES,
    },
    metrics: { host: v.METRICS_HOST, port: v.METRICS_PORT },
    log: { level: v.LOG_LEVEL, file: v.LOG_FILE ?? null },
    identitySecretFile: v.IDENTITY_SECRET_FILE ?? null,
    simulatorsPerWorkerMax: v.MAX_SIMULATORS_PER_WORKER,
    quota: {
      runningMax: v.RUNNING_SIMULATORS_PER_ACCOUNT,
      keptMax: Math.max(v.KEPT_SIMULATORS_PER_ACCOUNT, v.RUNNING_SIMULATORS_PER_ACCOUNT),
    },
    hibernation: {
      idleMs: v.HIBERNATE_IDLE_SECONDS * 1_000,
      unattendedMs: Math.max(v.HIBERNATE_UNATTENDED_SECONDS, v.HIBERNATE_IDLE_SECONDS) * 1_000,
    },
  };
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (inner && typeof inner === 'object') freeze(inner);
  return Object.freeze(value);
}
