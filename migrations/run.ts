/**
 * Brings the database to the newest schema: `DATABASE_URL=… node migrations/run.ts`.
 *
 * Migrations are the files `NNNN-name.ts` beside this one, in order; each exports `up`. Kysely keeps
 * the list of what ran and holds an advisory lock, so several processes may start this at once.
 */
import { readdir } from 'node:fs/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import pg from 'pg';

const FOLDER = new URL('.', import.meta.url);
const FILE_NAME = /^(\d{4}-[a-z0-9-]+)\.ts$/;
const CONNECT_TIMEOUT_MS = 5_000;

const provider: MigrationProvider = {
  async getMigrations() {
    const migrations: Record<string, Migration> = {};
    const numbers = new Set<string>();
    for (const file of (await readdir(FOLDER)).sort()) {
      const name = FILE_NAME.exec(file)?.[1];
      if (!name) continue;
      const number = name.slice(0, 4);
      if (numbers.has(number)) throw new Error(`Two migrations have the number ${number}.`);
      numbers.add(number);
      migrations[name] = await import(new URL(file, FOLDER).href);
    }
    return migrations;
  },
};

/**
 * @returns Names of the migrations that ran now; empty when the schema was current.
 * @throws Error naming the migration that failed; those before it stay applied.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 2,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { error, results = [] } = await new Migrator({
      db: database,
      provider,
      // Branches may be merged in another order than they were numbered.
      allowUnorderedMigrations: true,
    }).migrateToLatest();
    const failed = results.find(({ status }) => status === 'Error');
    if (error) {
      const what = failed ? `Migration ${failed.migrationName} failed` : 'Migrating failed';
      throw new Error(`${what}: ${(error as Error).message ?? error}`, { cause: error });
    }
    return results.map(({ migrationName }) => migrationName);
  } finally {
    await database.destroy();
  }
}

async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (!url) {
    throw new Error('DATABASE_URL is missing. It takes postgres://user:password@host:5432/name.');
  }
  const names = await migrate(url);
  console.log(names.length > 0 ? `Migrated: ${names.join(', ')}.` : 'The schema is current.');
}

if (import.meta.main) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
