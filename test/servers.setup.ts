/**
 * Real servers for the contract and integration tests: started once for each run on free ports in a
 * folder of its own, with a migrated database; stopped and removed afterwards.
 *
 * `NATS_URL`, `DATABASE_URL` and `REDIS_URL` replace a server by one that already runs.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startTestServers } from './support/servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    servers: {
      /** A nats-server with JetStream that lets everybody in. */
      natsUrl: string;
      /** PostgreSQL with every migration applied. */
      databaseUrl: string;
      redisUrl: string;
      /** An empty folder in which a test may make a secured NATS home. */
      natsHome: string;
    };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'sandpit-test-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(folder, 0o755);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const servers = await startTestServers(folder).catch((error) => {
    removeFolder();
    throw error;
  });
  project.provide('servers', servers.urls);
  return async () => {
    await servers.stop();
    removeFolder();
  };
}
