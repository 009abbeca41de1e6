/** A WebSocket of one simulator, for tests: what came, in order, and how it ended. */
import type { OperationName } from '@sandpit/schemas/operations.ts';
import { WebSocket } from 'ws';

export interface SocketHeard {
  event: string;
  id?: string;
  request?: string;
  status?: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames as they come.
  data: any;
}

export interface SocketClientOptions {
  headers?: Record<string, string>;
  /** The first message; none when absent. */
  hello?: { token: string; stream?: boolean; resume?: string };
}

export class SocketClient {
  readonly heard: SocketHeard[] = [];
  /** Status of the refusal when it never became a WebSocket; 101 otherwise. */
  status = 0;
  closed: { code: number; reason: string } | null = null;
  readonly socket: WebSocket;
  #requests = 0;
  #wake: () => void = () => {};

  constructor(url: string, { headers = {}, hello }: SocketClientOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), 'sandpit.v1', { headers });
    this.socket.on('open', () => {
      this.status = 101;
      if (hello) this.send({ type: 'authenticate', ...hello });
    });
    this.socket.on('message', (data) => {
      this.heard.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.socket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode ?? 0;
      response.resume();
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#wake();
    });
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** @returns  The answer, with its status. */
  async ask(
    operation: OperationName,
    more: { path?: object; query?: object; body?: object; idempotencyKey?: string } = {},
  ): Promise<SocketHeard> {
    this.#requests += 1;
    const request = `r${this.#requests}`;
    this.send({ type: 'request', request, operation, ...more });
    const mine = () => this.heard.find((each) => each.request === request);
    await this.when(() => mine() !== undefined, `the answer to ${operation}`);
    return mine() as SocketHeard;
  }

  of(event: string): SocketHeard[] {
    return this.heard.filter((each) => each.event === event);
  }

  async until(event: string, count = 1, timeoutMs = 5_000): Promise<SocketHeard[]> {
    await this.when(() => this.of(event).length >= count, `${count} ${event}`, timeoutMs);
    return this.of(event);
  }

  async ended(): Promise<{ code: number; reason: string }> {
    await this.when(() => this.closed !== null, 'the end', 8_000);
    return this.closed as { code: number; reason: string };
  }

  async when(isTrue: () => boolean, what: string, timeoutMs = 5_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isTrue()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        const got = this.heard.map(({ event }) => event).join(' ');
        throw new Error(`Waited for ${what}; got ${got} (${JSON.stringify(this.closed)})`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, Math.min(leftMs, 100));
      });
    }
  }

  /** Records in the order in which they came: their numbers, once each. */
  numbers(): number[] {
    return [...new Set(this.heard.filter(({ id }) => id).map(({ data }) => data.n as number))];
  }

  lastId(): string {
    return this.heard.findLast(({ id }) => id)?.id ?? '';
  }

  close(): void {
    this.socket.terminate();
  }
}
