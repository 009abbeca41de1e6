/**
 * A network that misbehaves on request, for any TCP protocol: cut, half open, one way, late, narrow.
 * What it does to a connection holds for those that are open and those to come, until it is told
 * otherwise.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../services/simulator/simulation/workload.ts';

const ON_THE_WAY_BYTES_MAX = 1024 * 1024;
const STREAM_WANTED = 'accept: text/event-stream';

export interface Weather {
  /** Bytes in these directions vanish; the connection stays open. */
  blackhole: 'none' | 'both' | 'toServer' | 'toClient';
  /** Each chunk is this late, ± half of it, and none is lost. */
  delayMs: number;
  delayed: 'both' | 'toServer';
  /** To the client; 0 = as fast as it goes. */
  bytesPerSecond: number;
  /** In these directions nothing arrives while this lasts, and all of it afterwards: TCP sends it again. */
  held: 'none' | 'both' | 'toServer';
  /** Nothing comes back to who asks for server-sent events, as behind a proxy that waits for their end. */
  streamsSwallowed: boolean;
}

export const FAIR: Weather = {
  blackhole: 'none',
  delayMs: 0,
  delayed: 'both',
  bytesPerSecond: 0,
  held: 'none',
  streamsSwallowed: false,
};

export type Way = 'toServer' | 'toClient';

/** Told of bytes that have reached the other side of one connection. */
export type Tap = (way: Way, bytes: Buffer) => void;

interface Link {
  client: Socket;
  server: Socket;
  toServer: LateLine;
  toClient: LateLine;
  isSwallowed: boolean;
}

export class FaultProxy {
  /** One for each new connection. */
  listenIn: (() => Tap) | null = null;
  #weather: Weather = { ...FAIR };
  readonly #links = new Set<Link>();
  readonly #random: Random;
  readonly #server: Server;
  #target: number;

  private constructor(target: number, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target  Port on the loopback that it leads to. */
  static async open(target: number, random: Random): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, random);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get weather(): Weather {
    return this.#weather;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    for (const { toServer, toClient } of this.#links) {
      toServer.hold(weather.held !== 'none');
      toClient.hold(weather.held === 'both');
    }
  }

  /** Is anything with these bytes in it still on its way? */
  isCarrying(text: string): boolean {
    return [...this.#links].some(
      ({ toServer, toClient }) => toServer.isCarrying(text) || toClient.isCarrying(text),
    );
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get connections(): number {
    return this.#links.size;
  }

  leadTo(target: number): void {
    this.#target = target;
  }

  /**
   * Ends open connections; new ones pass.
   *
   * @param how    `reset`: at once, as when a machine dies. `end`: in good order, wherever the stream
   *               stands, as a proxy does that is restarted.
   * @param share  Of the connections, drawn by lot.
   * @returns how many were cut.
   */
  cut(how: 'reset' | 'end', share = 1): number {
    const links = [...this.#links].filter(() => share === 1 || this.#random() < share);
    for (const { client, server } of links) {
      if (how === 'reset') client.resetAndDestroy();
      else client.end();
      server.destroy();
    }
    return links.length;
  }

  async close(): Promise<void> {
    this.weather = { ...FAIR };
    this.cut('reset');
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const { held } = this.#weather;
    const tap = this.listenIn?.() ?? (() => {});
    const toServer = new LateLine(server, held !== 'none', (bytes) => tap('toServer', bytes));
    const toClient = new LateLine(client, held === 'both', (bytes) => tap('toClient', bytes));
    const link: Link = { client, server, toServer, toClient, isSwallowed: false };
    this.#links.add(link);
    const end = () => {
      client.destroy();
      server.destroy();
      this.#links.delete(link);
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    void this.#carry(link, 'toServer').catch(end);
    void this.#carry(link, 'toClient').catch(end);
  }

  async #carry(link: Link, way: Way): Promise<void> {
    const [from, to] = way === 'toServer' ? [link.client, link.server] : [link.server, link.client];
    const late = link[way];
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const { blackhole, delayMs, delayed, bytesPerSecond, streamsSwallowed } = this.#weather;
      if (blackhole === 'both' || blackhole === way) continue;
      if (streamsSwallowed && chunk.includes(STREAM_WANTED)) link.isSwallowed = true;
      if (link.isSwallowed && way === 'toClient') continue;
      if (bytesPerSecond > 0 && way === 'toClient') {
        await sleep((chunk.length / bytesPerSecond) * 1_000);
      }
      const isLate = delayed === 'both' || delayed === way;
      await late.carry(chunk, isLate ? delayMs * (0.5 + this.#random()) : 0);
    }
    await late.emptied();
    to.end();
  }
}

/** Chunks on their way: each is late by its own time, none overtakes another. */
class LateLine {
  readonly #to: Socket;
  readonly #onPassed: (chunk: Buffer) => void;
  readonly #chunks: { chunk: Buffer; dueMs: number }[] = [];
  #bytes = 0;
  #carrying: Promise<void> | null = null;
  #released = Promise.withResolvers<void>();
  #isHeld = false;

  constructor(to: Socket, held: boolean, onPassed: (chunk: Buffer) => void) {
    this.#to = to;
    this.#onPassed = onPassed;
    this.#released.resolve();
    this.hold(held);
    // Whoever waits for a release must not wait for a connection that is gone.
    to.once('close', () => this.hold(false));
  }

  hold(held: boolean): void {
    if (held === this.#isHeld || (held && this.#to.destroyed)) return;
    this.#isHeld = held;
    if (held) this.#released = Promise.withResolvers<void>();
    else this.#released.resolve();
  }

  isCarrying(text: string): boolean {
    return this.#chunks.some(({ chunk }) => chunk.includes(text));
  }

  /** Resolves when more may be sent. */
  async carry(chunk: Buffer, delayMs: number): Promise<void> {
    this.#chunks.push({ chunk, dueMs: performance.now() + delayMs });
    this.#bytes += chunk.length;
    this.#carrying ??= this.#run().finally(() => {
      this.#carrying = null;
    });
    const mayQueue = delayMs > 0 || this.#isHeld;
    if (!mayQueue || this.#bytes > ON_THE_WAY_BYTES_MAX) await this.#carrying;
  }

  async emptied(): Promise<void> {
    await this.#carrying;
  }

  async #run(): Promise<void> {
    for (let next = this.#chunks[0]; next; next = this.#chunks[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      await this.#released.promise;
      this.#chunks.shift();
      this.#bytes -= next.chunk.length;
      this.#onPassed(next.chunk);
      if (this.#to.write(next.chunk)) continue;
      await Promise.race([once(this.#to, 'drain'), once(this.#to, 'close')]);
    }
  }
}
