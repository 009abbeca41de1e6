/**
 * Real servers for the contract and integration tests: started once for each run on free ports in a
 * folder of their own, with a migrated database; stopped and removed afterwards. Integration tests
 * that run at the same time have a set each, so that none of them meets what another one does to
 * streams and tables; contract tests get along on one.
 *
 * `NATS_URL`, `DATABASE_URL` and `REDIS_URL` replace a server by one that already runs.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startTestServers, type TestServers } from './support/servers.ts';

interface Servers {
  /** A nats-server with JetStream that lets everybody in. */
  natsUrl: string;
  /** PostgreSQL with every migration applied. */
  databaseUrl: string;
  redisUrl: string;
  /** An empty folder in which a test may make a secured NATS home. */
  natsHome: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Those of the process that asks: `support/own-servers.ts`. */
    servers: Servers;
    serverSets: Servers[];
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'sandpit-test-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(folder, 0o755);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const count = project.name === 'integration' ? project.config.maxWorkers : 1;
  const starts = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => startSet(join(folder, `${index + 1}`))),
  );
  const sets = starts.filter((start) => start.status === 'fulfilled').map(({ value }) => value);
  const stop = async () => {
    await Promise.all(sets.map((set) => set.stop()));
    removeFolder();
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const urls = sets.map((set) => set.urls);
  project.provide('servers', urls[0]!);
  project.provide('serverSets', urls);
  return stop;
}

function startSet(folder: string): Promise<TestServers> {
  mkdirSync(folder, { mode: 0o755 });
  return startTestServers(folder);
}
