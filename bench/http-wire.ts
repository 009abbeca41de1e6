/**
 * One HTTP/1.1 connection that stays open, without a client library: what is timed is the server's
 * work and the wire, not the building of request objects.
 *
 * Speaks the part of HTTP that Sandpit answers with: one answer per request, with a Content-Length.
 */
import { connect, type Socket } from 'node:net';

export interface WireAnswer {
  status: number;
  text: string;
  /** From the first byte written to the last byte read. */
  tookMs: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_BYTES_MAX = 16 * 1024;
const TIMEOUT_MS = 10_000;

interface Waiting {
  startedMs: number;
  resolve(answer: WireAnswer): void;
  reject(error: Error): void;
}

export class HttpWire {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('No answer in time.')));
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  static open(web: string): Promise<HttpWire> {
    const { hostname, port, host } = new URL(web);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new HttpWire(socket, host));
      });
    });
  }

  /** One request at a time. */
  ask(method: string, path: string, token = '', body?: unknown): Promise<WireAnswer> {
    if (this.#waiting) throw new Error('The answer before this one has not come yet.');
    const text = body === undefined ? '' : JSON.stringify(body);
    const request = [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.#host}`,
      ...(token ? [`Authorization: Bearer ${token}`] : []),
      ...(text ? ['Content-Type: application/json', `Content-Length: ${text.length}`] : []),
      '',
      text,
    ].join('\r\n');
    return new Promise((resolve, reject) => {
      this.#waiting = { startedMs: performance.now(), resolve, reject };
      this.#socket.write(text ? request : `${request}\r\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) {
      if (this.#received.length > HEAD_BYTES_MAX) this.#socket.destroy(new Error('Endless head.'));
      return;
    }
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /\r\nContent-Length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) return void this.#socket.destroy(new Error(`No length: ${head}`));
    const end = headEnd + HEAD_END.length + Number(length);
    if (this.#received.length < end) return;
    const waiting = this.#waiting;
    const tookMs = performance.now() - (waiting?.startedMs ?? 0);
    const text = this.#received.toString('utf8', headEnd + HEAD_END.length, end);
    this.#received = this.#received.subarray(end);
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), text, tookMs });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
