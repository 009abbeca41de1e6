/**
 * Postgres through Kysely, behind one breaker.
 *
 * Each service declares its own tables in its `tables.ts` by adding to `Database`:
 *
 *   declare module '../platform/database.ts' {
 *     interface Database { profiles: ProfilesTable }
 *   }
 *
 * `numeric` and `int8` come back as text, so that no reader rounds money; dates as `Date`.
 */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { type GuardOptions, guarded } from './breakers.ts';

// Filled by the services' `tables.ts`.
// biome-ignore lint/suspicious/noEmptyInterface: it grows by declaration merging.
export interface Database {}
export type SandpitDatabase = Kysely<Database>;

export interface DatabaseOptions {
  url: string;
  connectionsMax: number;
  /** Told about connections that break while idle; without a listener the process would end. */
  onError: (error: Error) => void;
  /** Seen by `pg_stat_activity`. */
  applicationName: string;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** The server ends a statement after this long … */
const STATEMENT_TIMEOUT_MS = 5_000;
/** … and the client gives up a little later, should the server not answer at all. */
const QUERY_TIMEOUT_MS = 6_000;
const IN_TRANSACTION_IDLE_TIMEOUT_MS = 10_000;
/** Calls at once: those with a connection and those waiting for one. */
const CAPACITY = 500;

export function createDatabase(options: DatabaseOptions): SandpitDatabase {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IN_TRANSACTION_IDLE_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  pool.on('error', options.onError);
  // The pool listens to a client while it is idle, its borrower while he has it. In between, on the way
  // from one to the other, an error that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => broken.add(client)));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: guardedPool(pool) }) });
}

/** Connections that failed: thrown away when they are released. */
const broken = new WeakSet<object>();

const GUARD: GuardOptions = {
  timeoutMs: false,
  capacity: CAPACITY,
  volumeThreshold: 10,
  resetTimeoutMs: 2_000,
  isFailure: isOutage,
};

function guardedPool(pool: pg.Pool): PostgresPool {
  const run = guarded('postgres', (work: () => Promise<unknown>) => work(), GUARD);
  return {
    options: pool.options,
    connect: async () => guardedClient((await run(() => pool.connect())) as pg.PoolClient, run),
    end: () => pool.end(),
  };
}

/**
 * A connection that broke or timed out is thrown away when it is released: its late answer would
 * meet the next borrower.
 */
function guardedClient(
  client: pg.PoolClient,
  run: (work: () => Promise<unknown>) => Promise<unknown>,
): PostgresPoolClient {
  const query = async (sql: string, parameters: readonly unknown[]) => {
    try {
      return await run(() => client.query(sql, parameters as unknown[]));
    } catch (error) {
      if (isOutage(error) || (error as { type?: string }).type === 'unavailable') {
        broken.add(client);
      }
      throw error;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || broken.has(client)),
  };
}

/**
 * Did the database fail us, rather than refuse a statement? No SQLSTATE means that no answer came;
 * classes 08, 53, 57P, 58 and XX are the server's own trouble.
 */
export function isOutage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return true;
  return /^(08|53|57P|58|XX)/.test(code);
}

/** SQLSTATE 23505, optionally of one constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: violated } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && (constraint === undefined || violated === constraint);
}
