import { join } from 'node:path';
import { connectNats, watchConnection } from '@sandpit/bus/nats-connection.ts';
import { createNatsHome } from '@sandpit/bus/security/nats-home.ts';
import { revokeUsers } from '@sandpit/bus/security/revoke.ts';
import { freePort, startServer, type TestServer } from '@sandpit/bus/test/nats-server.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { CREDENTIAL_LIFE_MS, createCredential, revokeCredential } from './nats-credentials.ts';
import { watchRevocations } from './revocation-watch.ts';

const servers = inject('servers');
let server: TestServer;
let database: SandpitDatabase;
const clients: { close(): Promise<void> }[] = [];

beforeAll(() => {
  database = createDatabase({
    url: servers.databaseUrl,
    connectionsMax: 2,
    applicationName: 'revocations',
    onError: () => {},
  });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await database.destroy();
  await server.stop();
});

test('a revoked credential loses its connection, and the others keep theirs', async () => {
  const dir = join(servers.natsHome, 'revocations');
  const options = { port: await freePort() };
  const home = await createNatsHome(dir, options);
  server = await startServer(['-c', home.configFile], options.port);
  const nats = {
    servers: [home.url],
    credsFile: null,
    transporterCredsFile: null,
    archivistCredsFile: null,
    appSigningSeedFile: home.appSigningSeedFile,
    appAccountId: home.appAccountId,
    publicUrl: home.url,
    replicas: 1,
  };
  const accountId = newId();
  const issue = (name: string) =>
    createCredential(database, nats, { accountId, name, nowMs: Date.now() });
  const follow = async (creds: string) => {
    const connection = await connectNats({
      servers: home.url,
      name: 'integrator',
      creds,
      patienceMs: 2_000,
    });
    clients.push(connection);
    const client = { connected: true };
    void watchConnection(connection, {
      onConnected: (connected) => {
        client.connected = connected;
      },
      onForbidden: () => {},
    });
    return client;
  };
  const [lost, kept] = await Promise.all([issue('lost'), issue('kept')]);
  expect(Date.parse(lost.expiresAt) - Date.parse(lost.createdAt)).toBe(CREDENTIAL_LIFE_MS);
  const [stolen, own] = await Promise.all([follow(lost.creds!), follow(kept.creds!)]);
  let failures = 0;
  const watch = watchRevocations({
    database,
    intervalMs: 50,
    onError: () => {},
    revoke: async (keys) => {
      // The first try fails; nothing may be forgotten.
      if (failures++ === 0) throw new Error('the server is restarting');
      await revokeUsers(dir, home, keys);
    },
  });
  // Revocations count in whole seconds: a credential of this very second is revoked with it.
  await revokeCredential(database, { accountId, id: lost.id, nowMs: Date.now() });
  await expect.poll(() => stolen.connected, { timeout: 10_000 }).toBe(false);
  await expect(follow(lost.creds!)).rejects.toMatchObject({ failure: 'refused' });
  expect(own.connected).toBe(true);
  await watch.stop();
});
