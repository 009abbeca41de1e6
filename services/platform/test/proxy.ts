import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** For tests: a TCP proxy that can be told to hang (bytes are lost) or to refuse (all is cut). */
export async function proxyTo(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let mode: 'pass' | 'hang' | 'refuse' = 'pass';
  const server: Server = createServer((near) => {
    if (mode === 'refuse') return near.destroy();
    const far = dial(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (bytes) => mode === 'pass' && far.write(bytes));
    far.on('data', (bytes) => mode === 'pass' && near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxied = new URL(url);
  proxied.port = String((server.address() as { port: number }).port);
  proxied.hostname = '127.0.0.1';
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: proxied.href,
    set(next: typeof mode) {
      mode = next;
      if (next === 'refuse') cut();
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
