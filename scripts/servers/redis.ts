/** A redis-server of our own on the loopback. It holds what may be lost: limits and heartbeats. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type ManagedProcess, startProcess, waitUntilReady } from './managed-process.ts';

const READY_TIMEOUT_MS = 10_000;
const PING_TIMEOUT_MS = 1_000;

export interface RedisOptions {
  /** Path of the redis-server program. */
  program: string;
  folder: string;
  port: number;
  /** None for tests. */
  password?: string;
  logFile: string;
}

/** @throws StartError */
export async function startRedis(options: RedisOptions): Promise<ManagedProcess> {
  mkdirSync(options.folder, { recursive: true });
  const configFile = join(options.folder, 'redis.conf');
  // A file and not arguments: arguments, and so the password, are readable by every local user.
  writeFileSync(configFile, configuration(options), { mode: 0o600 });
  const server = await startProcess({
    name: 'redis-server',
    command: options.program,
    args: [configFile],
    logFile: options.logFile,
  });
  await waitUntilReady(server, () => answersPing(options), READY_TIMEOUT_MS);
  return server;
}

function configuration({ folder, port, password }: RedisOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    'daemonize no',
    'save ""',
    'appendonly no',
    'maxmemory 128mb',
    'maxmemory-policy volatile-lru',
    ...(password ? [`requirepass ${password}`] : []),
    '',
  ].join('\n');
}

/** Speaks two lines of the protocol, so that readiness needs no client library. */
function answersPing({ port, password }: RedisOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PING_TIMEOUT_MS });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${password ? `AUTH ${password}\r\n` : ''}PING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('+PONG')) {
        socket.destroy();
        resolve(true);
      }
    });
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('close', () => resolve(false));
  });
}
