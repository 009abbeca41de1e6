import { createServer, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { createDatabase } from './database.ts';

/** Messages of the server's, https://www.postgresql.org/docs/current/protocol-message-formats.html */
const message = (type: string, body: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]);
const SHUTTING_DOWN = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

let server: Server;

afterEach(() => server.close());

/** A Postgres that does one thing with everybody who comes. */
async function postgresThat(greet: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => greet(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return `postgres://sandpit@127.0.0.1:${port}/sandpit`;
}

test('a server that shuts down in the moment of the connection fails the query, not the process', async () => {
  const url = await postgresThat((socket) => {
    socket.end(Buffer.concat([WELCOME, SHUTTING_DOWN]));
  });
  const database = createDatabase({
    url,
    connectionsMax: 2,
    applicationName: 'test',
    onError: () => {},
  });
  for (let i = 0; i < 5; i++) {
    await expect(sql`select 1`.execute(database)).rejects.toThrow();
  }
  await database.destroy();
});
