/** Free ports, and who holds the others. Loopback only. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';
/**
 * Below those that operating systems give to outgoing connections: one of these could take a port
 * between asking for it and listening on it.
 */
const FIRST_PORT = 10_000;
const END_PORT = 21_000;
const TRIES_MAX = 1_000;

export function isPortFree(port: number, host: string = HOST): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Free ports, all different. @throws Error when hardly any is free. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === TRIES_MAX) throw new Error(`No ${count} free ports from ${FIRST_PORT} on.`);
    const port = randomInt(FIRST_PORT, END_PORT);
    if (!ports.has(port) && (await isPortFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Name and pid of the process that listens on a port, as far as this machine tells us. */
export function portHolder(port: number): string {
  for (const [command, args, pattern] of [
    ['ss', ['-Hltnp', `sport = :${port}`], /\("([^"]+)",pid=(\d+)/],
    ['lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fcp'], /p(\d+)\nc(.+)/],
  ] as const) {
    try {
      const output = execFileSync(command, args, {
        encoding: 'utf8',
        timeout: 2_000,
        stdio: 'pipe',
      });
      const found = pattern.exec(output);
      if (found) {
        const [name, pid] = command === 'ss' ? [found[1], found[2]] : [found[2], found[1]];
        return `${name} (pid ${pid})`;
      }
    } catch {
      // Not installed, or not allowed to look: the next way, or no name.
    }
  }
  return 'another process';
}
