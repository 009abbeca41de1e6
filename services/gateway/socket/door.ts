/** Lets WebSockets in: which address, from which page, how many; and ends them in order. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProblemCode } from '@sandpit/schemas/problem.ts';
import {
  SOCKET_MESSAGE_BYTES_MAX,
  SOCKET_PROTOCOL,
  type SocketAuthenticate,
} from '@sandpit/schemas/socket.ts';
import { Id } from '@sandpit/schemas/units.ts';
import { Compile } from 'typebox/compile';
import { type WebSocket, WebSocketServer } from 'ws';
import { problem } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { presenceOf } from '../../platform/presence.ts';
import type { Principal } from '../../platform/tokens.ts';
import { type VenueInfo, venueDirectory } from '../../platform/venues.ts';
import type { Door } from '../handler.ts';
import { clientAddress, networkOf } from '../http/address.ts';
import { checkSocketOrigin } from '../http/origin.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from '../http/problems.ts';
import { letIn } from '../lab/passage.ts';
import { newCorrelationId, type Operations, operationsOf } from '../operations.ts';
import type { Route } from '../route.ts';
import type { StreamHub } from '../sse/hub.ts';
import { parsePosition } from '../sse/position.ts';
import { Budget } from './budget.ts';
import { socketCarrier } from './carrier.ts';
import { type Admission, Connection } from './connection.ts';
import { SocketMetrics } from './metrics.ts';

const SOCKET_PATH = /^\/api\/v1\/simulators\/([^/?]+)\/socket(\?|$)/;
export const SOCKETS_PER_ACCOUNT_MAX = 10;
/** Sockets that have not shown a token yet. */
const STRANGERS_MAX = 1_000;
const STRANGERS_PER_NETWORK_MAX = 30;
const CHECK_MS = 10_000;
/** A stop waits this long for the answers that are under way. */
const DRAIN_WITHIN_MS = 3_000;
const CLOSED_WITHIN_MS = 1_200;
/** Clients come back spread over this long. */
const RETRY_MIN_MS = 600;
const SPREAD_MS = 2_800;
const BUDGET_SECONDS = 10;
/** Besides orders and cancels, which the limits of an account bound: beats, tokens, what is refused. */
const OTHER_MESSAGES = 200;

const isId = Compile(Id);

export class SocketDoor {
  readonly #door: Door;
  readonly #hub: StreamHub;
  readonly #operations: Operations;
  readonly #metrics: SocketMetrics;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false),
  });
  readonly #connections = new Map<Connection, { network: string; accountId: string | null }>();
  readonly #timer: NodeJS.Timeout;
  #draining = false;

  /** @param routes  All of REST. */
  constructor(door: Door, hub: StreamHub, routes: readonly Route[]) {
    this.#door = door;
    this.#hub = hub;
    this.#operations = operationsOf(routes, door);
    this.#metrics = new SocketMetrics(door.broker);
    this.#timer = setInterval(() => {
      for (const connection of this.#connections.keys()) connection.check();
    }, CHECK_MS).unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Of the HTTP server's event `upgrade`. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until it is a WebSocket nobody else listens, and an error without a listener ends the process.
    socket.on('error', () => socket.destroy());
    try {
      const simulatorId = this.#addressOf(req);
      const address = clientAddress(req, this.#door.broker.config.http.trustedProxies);
      const network = networkOf(address);
      this.#checkRoom(network);
      await this.#door.limits.take('read', network);
      if (socket.destroyed) return;
      this.#server.handleUpgrade(req, socket, head, (opened) =>
        this.#open(opened, { simulatorId, address, network }),
      );
    } catch (error) {
      this.#metrics.refused(refuse(socket, error));
    }
  }

  /** Ends every socket: what is asked is answered, then clients are sent away. */
  async stop(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#timer);
    const connections = [...this.#connections.keys()];
    const drained = Promise.all(connections.map((connection) => connection.drain()));
    await Promise.race([drained, sleep(DRAIN_WITHIN_MS)]);
    for (const connection of connections) {
      connection.goaway('drain', Math.round(RETRY_MIN_MS + Math.random() * SPREAD_MS));
    }
    const giveUpAtMs = performance.now() + CLOSED_WITHIN_MS;
    while (this.#connections.size > 0 && performance.now() < giveUpAtMs) await sleep(10);
    for (const connection of this.#connections.keys()) connection.terminate();
  }

  /** @throws problem */
  #addressOf(req: IncomingMessage): string {
    if (this.#draining) throw problem('unavailable', { retryAfterSeconds: 1 });
    const simulatorId = SOCKET_PATH.exec(req.url ?? '')?.[1];
    if (simulatorId === undefined || !isId.Check(simulatorId)) throw problem('notFound');
    checkSocketOrigin(req, this.#door.origins);
    return simulatorId;
  }

  #checkRoom(network: string): void {
    let strangers = 0;
    let here = 0;
    for (const [connection, { network: other }] of this.#connections) {
      if (connection.isAuthenticated) continue;
      strangers += 1;
      if (other === network) here += 1;
    }
    if (strangers >= STRANGERS_MAX || here >= STRANGERS_PER_NETWORK_MAX) {
      throw problem('tooManyStreams', { retryAfterSeconds: 5 });
    }
  }

  #open(
    socket: WebSocket,
    { simulatorId, address, network }: { simulatorId: string; address: string; network: string },
  ): void {
    const { broker } = this.#door;
    const now = () => performance.now();
    const messages = 2 * broker.config.http.ordersPerSecond * BUDGET_SECONDS + OTHER_MESSAGES;
    const connection: Connection = new Connection(socket, {
      operations: this.#operations,
      budget: new Budget(messages, BUDGET_SECONDS, now()),
      clientAddress: address,
      now,
      admit: (message, isAlive) =>
        this.#admit(message, isAlive, {
          socket,
          simulatorId,
          network,
          connection: () => connection,
        }),
      verify: (token) => this.#verify(token, network),
      onClose: () => {
        this.#connections.delete(connection);
        this.#metrics.open(this.size);
      },
      onRefused: (code) => this.#metrics.refused(code),
      onFault: (err, correlationId) =>
        broker.logger.warn({ err, correlationId, simulatorId }, 'socket answered with a problem'),
    });
    this.#connections.set(connection, { network, accountId: null });
    this.#metrics.open(this.size);
  }

  async #verify(token: string, network: string): Promise<Principal> {
    const { broker, limits } = this.#door;
    try {
      return await broker.tokens.verify(token);
    } catch (error) {
      // Guessing tokens costs us signatures to check.
      await limits.take('denied', network);
      throw error;
    }
  }

  /** A socket with a stream is present by it; one without is present all the same. */
  #presence(
    { socket, connection }: { socket: WebSocket; connection(): Connection },
    { accountId, loginId }: Principal,
    { sessionId, simulatorId }: VenueInfo,
  ): void {
    if (socket.readyState !== socket.OPEN) return;
    const depart = presenceOf(this.#door.broker).enter({
      id: newId(),
      sessionId,
      simulatorId,
      accountId,
      loginId,
      transport: 'socket',
      openedAtMs: Date.now(),
      end: (reason, retryMs) => connection().goaway(reason, retryMs),
    });
    socket.once('close', depart);
  }

  async #admit(
    { token, resume, stream = true }: SocketAuthenticate,
    isAlive: () => boolean,
    at: { socket: WebSocket; simulatorId: string; network: string; connection(): Connection },
  ): Promise<Admission> {
    const principal = await this.#verify(token, at.network);
    const { accountId } = principal;
    await this.#door.limits.take('read', accountId);
    const venue = await venueDirectory(this.#door.broker).owned(at.simulatorId, accountId);
    const given = parsePosition(resume);
    // Its last records can still be fetched by whoever was watching; there is nothing new to see.
    if (venue.stopped && !(stream && given)) throw problem('simulatorStopped');
    const entry = this.#connections.get(at.connection());
    const held = [...this.#connections.values()].filter((each) => each.accountId === accountId);
    if (held.length >= SOCKETS_PER_ACCOUNT_MAX) {
      throw problem('tooManyStreams', { retryAfterSeconds: 5 });
    }
    if (entry) entry.accountId = accountId;
    if (!(await letIn(this.#door.broker, venue, () => !isAlive()))) {
      at.socket.terminate();
      throw problem('unavailable');
    }
    if (!stream) this.#presence(at, principal, venue);
    const openStream = () =>
      this.#hub.open({
        carrier: socketCarrier(at.socket),
        transport: 'socket',
        isGone: () => !isAlive(),
        venue,
        principal,
        token,
        given,
      });
    return { principal, venue, openStream: stream ? openStream : null };
  }
}

/** A refusal before it is a WebSocket is an answer of HTTP. */
function refuse(socket: Duplex, error: unknown): ProblemCode {
  const document = problemOf(error, newCorrelationId());
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status]}\r\n` +
      `Content-Type: ${PROBLEM_CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
  return document.code as ProblemCode;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
