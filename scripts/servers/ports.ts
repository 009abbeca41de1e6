/** Free ports, and who holds the others. Loopback only. */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

export function isPortFree(port: number, host: string = HOST): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Free ports, all different: each is held until the last one is found. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, HOST, () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
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
