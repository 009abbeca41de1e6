/**
 * One WebSocket: proves who it is, then sends requests and, if it wants them, gets the events.
 *
 *     open -> authenticating -> ready -> closed
 *
 * Whatever a client may not do ends the socket with a problem that says why; what is wrong with one
 * request alone is that request's answer.
 */
import type { ProblemCode } from '@sandpit/schemas/problem.ts';
import {
  SOCKET_AUTHENTICATE_WITHIN_MS,
  SOCKET_CLOSE,
  type SocketAuthenticate,
  type SocketEvent,
  type SocketRequest,
} from '@sandpit/schemas/socket.ts';
import type { GoawayFrame } from '@sandpit/schemas/stream.ts';
import type { WebSocket } from 'ws';
import { problem } from '../../platform/errors.ts';
import type { Principal } from '../../platform/tokens.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { problemOf } from '../http/problems.ts';
import { type Caller, newCorrelationId, type Operations } from '../operations.ts';
import type { Stream } from '../sse/stream.ts';
import type { Budget } from './budget.ts';
import { closeSocket } from './carrier.ts';
import { checkMessage, readMessage } from './client-messages.ts';

/** As long as a stream lives on after its token. */
const EXPIRY_GRACE_MS = 30_000;
/** Messages that may wait while the first one is checked. */
const WAITING_MAX = 32;
/** Requests at work at once; those that make a position smaller have as many of their own. */
const AT_WORK_MAX = 64;
/** A client that takes no answers must not make us keep them. */
const UNSENT_BYTES_MAX = 2 * 1024 * 1024;
/** Neither a message nor a pong for this long: the other side is gone, whatever TCP believes. */
const SILENT_MAX_MS = 35_000;

export interface ConnectionDoor {
  operations: Operations;
  budget: Budget;
  clientAddress: string;
  now(): number;
  /** @throws problem when the token, the simulator or the number of sockets does not allow it. */
  admit(message: SocketAuthenticate, isAlive: () => boolean): Promise<Admission>;
  /** @throws problem */
  verify(token: string): Promise<Principal>;
  onClose(connection: Connection): void;
  onRefused(code: ProblemCode): void;
  /** A failure of ours. */
  onFault(error: unknown, correlationId: string): void;
}

export interface Admission {
  principal: Principal;
  venue: VenueInfo;
  /** Begins to send events; null when the client wants none. */
  openStream: (() => Promise<Stream | null>) | null;
}

export class Connection {
  readonly #socket: WebSocket;
  readonly #door: ConnectionDoor;
  readonly #correlationId = newCorrelationId();
  #caller: Caller | null = null;
  #stream: Stream | null = null;
  #authenticating = false;
  #waiting: [Buffer, boolean][] = [];
  #timer: NodeJS.Timeout;
  #heardAtMs: number;
  #draining = false;
  #ending = false;
  readonly #atWork = { cancel: 0, other: 0 };
  #onIdle: () => void = () => {};

  constructor(socket: WebSocket, door: ConnectionDoor) {
    this.#socket = socket;
    this.#door = door;
    this.#heardAtMs = door.now();
    this.#timer = setTimeout(
      () => this.#refuse(problem('unauthenticated', { detail: 'Send your token first.' })),
      SOCKET_AUTHENTICATE_WITHIN_MS,
    );
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#heardAtMs = door.now();
    });
    // Too large, not UTF-8, against the protocol: ws closes it with the code that says so.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#ending = true;
      clearTimeout(this.#timer);
      this.#waiting = [];
      door.onClose(this);
    });
  }

  get isAuthenticated(): boolean {
    return this.#caller !== null;
  }

  /** Asks for a sign of life; ends a socket that has given none for long. */
  check(): void {
    if (this.#door.now() - this.#heardAtMs > SILENT_MAX_MS) this.#socket.terminate();
    else this.#socket.ping();
  }

  /** Takes no more requests. Resolves when those at work are answered. */
  drain(): Promise<void> {
    this.#draining = true;
    if (this.#workCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  goaway(reason: GoawayFrame['reason'], retryMs: number): void {
    if (this.#ending) return;
    if (this.#stream && !this.#stream.closed) this.#stream.goaway(reason, retryMs);
    else {
      this.#send({ event: 'goaway', data: { reason, retryMs } });
      this.#end(SOCKET_CLOSE.goaway, 'goaway');
    }
  }

  terminate(): void {
    this.#socket.terminate();
  }

  get #workCount(): number {
    return this.#atWork.cancel + this.#atWork.other;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#ending) return;
    this.#heardAtMs = this.#door.now();
    if (!this.#door.budget.take(this.#heardAtMs)) {
      this.#refuse(problem('rateLimited', { retryAfterSeconds: 1 }));
    } else if (this.#authenticating) {
      this.#waiting.push([data, isBinary]);
      if (this.#waiting.length > WAITING_MAX) this.#refuse(problem('rateLimited'));
    } else {
      this.#take(data, isBinary);
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    let value: Record<string, unknown> | undefined;
    try {
      value = readMessage(data, isBinary);
      const message = checkMessage(value);
      if (message.type === 'authenticate') void this.#authenticate(message);
      else if (this.#caller) void this.#request(message, this.#caller);
      else throw problem('unauthenticated', { detail: 'Send your token first.' });
    } catch (error) {
      // Only of a client that is known is a faulty request just a faulty request.
      const request = this.#caller && requestOf(value);
      if (request) this.#answerProblem(request, error, newCorrelationId());
      else this.#refuse(error);
    }
  }

  async #authenticate(message: SocketAuthenticate): Promise<void> {
    this.#authenticating = true;
    try {
      if (this.#caller) await this.#renew(message, this.#caller);
      else await this.#enter(message);
    } catch (error) {
      this.#refuse(error);
    }
    this.#authenticating = false;
    for (const [data, isBinary] of this.#waiting.splice(0)) {
      if (this.#ending) return;
      if (this.#authenticating) this.#waiting.push([data, isBinary]);
      else this.#take(data, isBinary);
    }
  }

  async #enter(message: SocketAuthenticate): Promise<void> {
    const { token } = message;
    const isAlive = () => !this.#ending;
    const { principal, venue, openStream } = await this.#door.admit(message, isAlive);
    if (this.#ending) return;
    this.#caller = { principal, token, venue, clientAddress: this.#door.clientAddress };
    this.#welcome(principal);
    if (openStream) this.#stream = await openStream();
  }

  async #renew({ token, stream, resume }: SocketAuthenticate, caller: Caller): Promise<void> {
    if (stream !== undefined || resume !== undefined) {
      const message = 'goes with the first message only';
      const path = stream === undefined ? 'resume' : 'stream';
      throw problem('validationFailed', { errors: [{ path, message }] });
    }
    const principal = await this.#door.verify(token);
    if (principal.accountId !== caller.principal.accountId) {
      throw problem('forbidden', { detail: 'This token is of another account.' });
    }
    if (this.#ending) return;
    this.#caller = { ...caller, principal, token };
    this.#stream?.renew(principal, token);
    this.#welcome(principal);
  }

  #welcome({ expiresAtMs }: Principal): void {
    clearTimeout(this.#timer);
    const lifeMs = Math.max(0, expiresAtMs + EXPIRY_GRACE_MS - Date.now());
    this.#timer = setTimeout(() => this.goaway('tokenExpired', 0), lifeMs);
    const expiresAt = new Date(expiresAtMs).toISOString();
    const expiresInSeconds = Math.max(0, Math.floor((expiresAtMs - Date.now()) / 1_000));
    this.#send({ event: 'authenticated', data: { expiresAt, expiresInSeconds } });
  }

  async #request(message: SocketRequest, caller: Caller): Promise<void> {
    const { request } = message;
    const correlationId = newCorrelationId();
    const operation = this.#door.operations[message.operation];
    const kind = operation.limit === 'cancel' ? 'cancel' : 'other';
    if (this.#draining) {
      const gone = problem('unavailable', { retryAfterSeconds: 1 });
      return this.#answerProblem(request, gone, correlationId);
    }
    if (this.#atWork[kind] >= AT_WORK_MAX) {
      const many = problem('rateLimited', {
        detail: `At most ${AT_WORK_MAX} requests at once. Wait for answers.`,
        retryAfterSeconds: 1,
      });
      return this.#answerProblem(request, many, correlationId);
    }
    this.#atWork[kind] += 1;
    try {
      const answer = await operation.run(message, caller, correlationId, () => this.#ending);
      if (answer === null) {
        this.#socket.terminate();
      } else {
        const { status, body } = answer;
        this.#send({ event: 'answer', request, status, data: body ?? null });
      }
    } catch (error) {
      this.#answerProblem(request, error, correlationId);
    } finally {
      this.#atWork[kind] -= 1;
      if (this.#workCount === 0) this.#onIdle();
    }
  }

  #answerProblem(request: string, error: unknown, correlationId: string): void {
    const data = problemOf(error, correlationId);
    if (data.status >= 500) this.#door.onFault(error, correlationId);
    this.#send({ event: 'answer', request, status: data.status, data });
  }

  /** Says why, and ends it. */
  #refuse(error: unknown): void {
    if (this.#ending) return;
    const data = problemOf(error, this.#correlationId);
    if (data.status >= 500) this.#door.onFault(error, this.#correlationId);
    this.#door.onRefused(data.code as ProblemCode);
    this.#send({ event: 'problem', data });
    this.#end(SOCKET_CLOSE.base + data.status, data.code);
  }

  #send(event: SocketEvent): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > UNSENT_BYTES_MAX) socket.terminate();
    else socket.send(JSON.stringify(event));
  }

  #end(code: number, reason: string): void {
    this.#ending = true;
    clearTimeout(this.#timer);
    closeSocket(this.#socket, code, reason);
  }
}

function requestOf(value: Record<string, unknown> | undefined): string | null {
  const request = value?.request;
  return typeof request === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(request) ? request : null;
}
