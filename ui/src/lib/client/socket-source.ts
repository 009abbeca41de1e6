/**
 * One connection over a WebSocket: the events of the stream, and requests with their answers. It shows
 * a fresh token in time by itself; reconnecting and judging frames belong to the live stream.
 */
import type { OperationName } from '@sandpit/schemas/operations.ts';
import { SOCKET_CLOSE, type SocketAuthenticated } from '@sandpit/schemas/socket.ts';
import { ApiError, isProblem } from './api-error.ts';
import type { Clock } from './clock.ts';
import { type OpenSource, STREAM_EVENTS, type StreamEventType } from './sse-source.ts';

/** After the API counts a token as spent and before the server does. */
const RENEW_BEFORE_MS = 15_000;
const RENEW_AGAIN_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;

export interface Asked {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
}

/** An open connection that takes requests. */
export interface CommandLine {
  /** @throws ApiError, as REST does; `offline` or `timeout` when nobody knows what became of it. */
  ask<T>(operation: OperationName, asked: Asked): Promise<T>;
}

/** The part of a browser's WebSocket that is needed. */
export type SocketLike = Pick<WebSocket, 'send' | 'close'> & {
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
};

export interface SocketSourceOptions {
  connect(): SocketLike;
  /** One that is good for longer than `RENEW_BEFORE_MS`. */
  accessToken(): Promise<string>;
  clock: Clock;
  /** Requests can go here from now on; null: no longer. */
  onLine(line: CommandLine | null): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ApiError): void;
  cancel(): void;
}

interface Heard {
  event?: unknown;
  id?: unknown;
  request?: unknown;
  status?: unknown;
  data?: unknown;
}

const EVENTS: ReadonlySet<unknown> = new Set(STREAM_EVENTS);

export const openSocketSource =
  (options: SocketSourceOptions): OpenSource =>
  ({ token, resume }, handlers) => {
    const { clock, accessToken } = options;
    const socket = options.connect();
    const requests = new Requests(socket, clock);
    let cancelRenewal: (() => void) | null = null;
    let refusal = { status: 0, body: '' };
    let isOver = false;

    const finish = () => {
      if (isOver) return false;
      isOver = true;
      cancelRenewal?.();
      options.onLine(null);
      requests.fail();
      return true;
    };
    const send = (message: object) => socket.send(JSON.stringify(message));
    const renewIn = (ms: number) => {
      cancelRenewal?.();
      cancelRenewal = clock.after(ms, () => {
        accessToken()
          .then((fresh) => {
            if (!isOver) send({ type: 'authenticate', token: fresh });
          })
          .catch(() => {
            if (!isOver) renewIn(RENEW_AGAIN_MS);
          });
      });
    };
    const onAuthenticated = ({ expiresInSeconds }: SocketAuthenticated, isFirst: boolean) => {
      renewIn(Math.max(RENEW_AGAIN_MS, expiresInSeconds * 1_000 - RENEW_BEFORE_MS));
      if (!isFirst) return;
      handlers.onOpen();
      options.onLine(requests);
    };
    let isIn = false;
    socket.onopen = () => {
      if (!isOver) send({ type: 'authenticate', token, ...(resume && { resume }) });
    };
    socket.onmessage = ({ data }) => {
      if (isOver) return;
      const heard = parsed(data);
      if (heard.event === 'authenticated') {
        onAuthenticated(heard.data as SocketAuthenticated, !isIn);
        isIn = true;
      } else if (heard.event === 'answer') requests.take(heard);
      else if (heard.event === 'problem') refusal = refusalOf(heard.data);
      else if (EVENTS.has(heard.event)) {
        const id = typeof heard.id === 'string' ? heard.id : null;
        handlers.onEvent(heard.event as StreamEventType, JSON.stringify(heard.data), id);
      }
    };
    socket.onclose = ({ code }) => {
      const { status, body } = refusal;
      const told = status || (code >= SOCKET_CLOSE.base ? code - SOCKET_CLOSE.base : 0);
      if (finish()) handlers.onEnd(told, body);
    };
    return {
      close() {
        finish();
        socket.close();
      },
      // The browser keeps nothing of what has been read.
      received: () => 0,
    };
  };

/** Requests on their way, each answered once, or failed when the connection ends. */
class Requests implements CommandLine {
  readonly #socket: SocketLike;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  #isOver = false;

  constructor(socket: SocketLike, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  ask<T>(operation: OperationName, { path, query, body }: Asked): Promise<T> {
    if (this.#isOver) return Promise.reject(ApiError.transport('offline'));
    this.#count += 1;
    const request = `${this.#count}`;
    return new Promise<T>((resolve, reject) => {
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => {
        this.#waiting.delete(request);
        reject(ApiError.transport('timeout'));
      });
      this.#waiting.set(request, { resolve: resolve as Waiting['resolve'], reject, cancel });
      const more = {
        ...(path && { path }),
        ...(query && { query }),
        ...(body !== undefined && { body }),
      };
      this.#socket.send(JSON.stringify({ type: 'request', request, operation, ...more }));
    });
  }

  take({ request, status, data }: Heard): void {
    const waiting = this.#waiting.get(String(request));
    if (!waiting) return;
    this.#waiting.delete(String(request));
    waiting.cancel();
    if (typeof status === 'number' && status < 400) waiting.resolve(data);
    else if (isProblem(data)) waiting.reject(new ApiError(data.code, data.detail, data));
    else waiting.reject(ApiError.transport('badAnswer'));
  }

  fail(): void {
    this.#isOver = true;
    for (const { reject, cancel } of this.#waiting.values()) {
      cancel();
      reject(ApiError.transport('offline'));
    }
    this.#waiting.clear();
  }
}

function parsed(data: unknown): Heard {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === 'object' && value !== null ? (value as Heard) : {};
  } catch {
    return {};
  }
}

function refusalOf(data: unknown): { status: number; body: string } {
  return isProblem(data)
    ? { status: data.status, body: JSON.stringify(data) }
    : { status: 0, body: '' };
}
