/** The network between a browser and the doors, which a test can cut and join again. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Network {
  /** What the browser is told to open. */
  origin: string;
  /** Where it leads: known only once the system has started. */
  leadTo(port: number): void;
  /** Every connection ends, and no new one is answered. */
  cut(): void;
  join(): void;
  close(): Promise<void>;
}

export async function openNetwork(): Promise<Network> {
  const sockets = new Set<Socket>();
  let port = 0;
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    if (isCut || port === 0) return void client.destroy();
    const upstream = connect(port, '127.0.0.1');
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    leadTo: (to) => {
      port = to;
    },
    cut: () => {
      isCut = true;
      endAll();
    },
    join: () => {
      isCut = false;
    },
    close: async () => {
      endAll();
      server.close();
      await once(server, 'close');
    },
  };
}
