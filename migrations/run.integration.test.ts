import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from './run.ts';

const { databaseUrl } = inject('servers');
const name = `migrate_${randomBytes(4).toString('hex')}`;
const url = new URL(databaseUrl);
url.pathname = name;

async function query(text: string, address = databaseUrl) {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}
beforeAll(() => query(`create database ${name}`));
afterAll(() => query(`drop database if exists ${name} with (force)`));

test('an empty database gets every table once, however many start at the same time', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrate(url.href)));
  const names = ran.flat();
  expect(names).toContain('0001-identity');
  expect(new Set(names).size).toBe(names.length);
  const tables = await query(
    "select table_name from information_schema.tables where table_schema = 'public'",
    url.href,
  );
  expect(tables.map((row) => row.table_name)).toEqual(
    expect.arrayContaining(['users', 'refresh_tokens', 'sessions', 'profiles', 'simulators']),
  );
  expect(await migrate(url.href)).toEqual([]);
});

test('a database that is away is a sentence', async () => {
  await expect(migrate('postgres://x:y@127.0.0.1:1/none')).rejects.toThrow(
    /Migrating failed: .*ECONNREFUSED/,
  );
});
