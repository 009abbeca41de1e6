/** A nats-server of our own on the loopback, ready when JetStream is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ManagedProcess, startProcess, waitUntilReady } from './managed-process.ts';

const READY_TIMEOUT_MS = 20_000;

export interface NatsOptions {
  /** Path of the nats-server program. */
  program: string;
  configFile: string;
  monitorPort: number;
  logFile: string;
}

/** Starts nats-server with a configuration file. @throws StartError */
export async function startNats(options: NatsOptions): Promise<ManagedProcess> {
  const server = await startProcess({
    name: 'nats-server',
    command: options.program,
    args: ['-c', options.configFile],
    logFile: options.logFile,
  });
  await waitUntilReady(server, () => isHealthy(options.monitorPort), READY_TIMEOUT_MS);
  return server;
}

/**
 * Writes the configuration of a server that asks nobody who they are: for tests of what is not
 * security, and for benchmarks. @returns the file's path.
 */
export function writeOpenConfig(folder: string, port: number, monitorPort: number): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nats-server.conf');
  writeFileSync(
    file,
    [
      `listen: "127.0.0.1:${port}"`,
      `http: "127.0.0.1:${monitorPort}"`,
      'max_payload: 4MB',
      'jetstream {',
      `  store_dir: ${JSON.stringify(join(folder, 'store'))}`,
      '  max_memory_store: 256MB',
      '  max_file_store: 10GB',
      '}',
      '',
    ].join('\n'),
  );
  return file;
}

async function isHealthy(monitorPort: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz`, {
    signal: AbortSignal.timeout(1_000),
  });
  return answer.ok;
}
