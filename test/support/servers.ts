/** The three servers in a temporary folder, for tests and benchmarks. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall } from '../../scripts/servers/find-server.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { startNats, writeOpenConfig } from '../../scripts/servers/nats.ts';
import { freePorts } from '../../scripts/servers/ports.ts';
import { startPostgres } from '../../scripts/servers/postgres.ts';
import { startRedis } from '../../scripts/servers/redis.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TestServers {
  urls: { natsUrl: string; databaseUrl: string; redisUrl: string; natsHome: string };
  stop(): Promise<void>;
}

/** Starts what no environment variable names, and migrates the database. */
export async function startTestServers(folder: string): Promise<TestServers> {
  const programs = findOrInstall(['nats-server', 'redis-server'], console.log);
  const [natsPort, monitorPort, redisPort, postgresPort] = (await freePorts(4)) as [
    number,
    number,
    number,
    number,
  ];
  const running: ManagedProcess[] = [];
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()));
  };
  const log = (name: string) => join(folder, `${name}.log`);
  const started = async <T>(start: Promise<T>, process: (value: T) => ManagedProcess) => {
    const value = await start;
    running.push(process(value));
    return value;
  };
  const nats = async () => {
    if (process.env.NATS_URL) return process.env.NATS_URL;
    const configFile = writeOpenConfig(join(folder, 'nats'), natsPort, monitorPort);
    const options = { program: programs['nats-server'], configFile, monitorPort };
    await started(startNats({ ...options, logFile: log('nats') }), (server) => server);
    return `nats://127.0.0.1:${natsPort}`;
  };
  const redis = async () => {
    if (process.env.REDIS_URL) return process.env.REDIS_URL;
    const options = { program: programs['redis-server'], folder: join(folder, 'redis') };
    const start = startRedis({ ...options, port: redisPort, logFile: log('redis') });
    await started(start, (server) => server);
    return `redis://127.0.0.1:${redisPort}`;
  };
  const database = async () => {
    const url = process.env.DATABASE_URL ?? (await startOwnPostgres());
    await migrate(url);
    return url;
  };
  const startOwnPostgres = async () => {
    const start = startPostgres({
      folder: join(folder, 'postgres'),
      port: postgresPort,
      password: 'test',
      logFile: log('postgres'),
      disposable: true,
    });
    return (await started(start, (server) => server.process)).databaseUrl;
  };
  const natsHome = join(folder, 'nats-home');
  mkdirSync(natsHome);
  try {
    const [natsUrl, redisUrl, databaseUrl] = await settled(nats(), redis(), database());
    return { urls: { natsUrl, databaseUrl, redisUrl, natsHome }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for all before it throws: a server still starting would escape the clean-up. */
async function settled(...starts: Promise<string>[]): Promise<[string, string, string]> {
  const results = await Promise.allSettled(starts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<string>).value) as [
    string,
    string,
    string,
  ];
}

async function migrate(databaseUrl: string): Promise<void> {
  if (!existsSync(join(ROOT, 'migrations/run.ts'))) return;
  await promisify(execFile)(process.execPath, ['migrations/run.ts'], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: databaseUrl },
    timeout: 60_000,
  });
}
