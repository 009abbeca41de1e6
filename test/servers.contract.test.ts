import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';

const servers = inject('servers');

/** What a server says first, or after `say`, on a bare socket. */
async function firstWords(url: string, say?: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  if (say) socket.write(say);
  const [words] = await once(socket, 'data');
  socket.destroy();
  return String(words);
}

test('PostgreSQL answers with a database of its own', async () => {
  const client = new pg.Client({ connectionString: servers.databaseUrl });
  await client.connect();
  const { rows } = await client.query('select current_database() as name');
  await client.end();
  expect(rows).toEqual([{ name: 'sandpit' }]);
});

test('NATS answers and has JetStream', async () => {
  const words = await firstWords(servers.natsUrl);
  expect(JSON.parse(words.slice('INFO '.length))).toMatchObject({ jetstream: true });
});

test('Redis answers', async () => {
  expect(await firstWords(servers.redisUrl, 'PING\r\n')).toBe('+PONG\r\n');
});
