import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { problem } from '../../platform/errors.ts';
import type { Stream } from '../sse/stream.ts';
import { Budget } from './budget.ts';
import { Connection, type ConnectionDoor } from './connection.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: Record<string, unknown>[] = [];
  closed: number | null = null;
  ping = vi.fn();
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code: number): void {
    this.closed ??= code;
    this.readyState = 2;
  }
  terminate(): void {
    this.closed ??= 1_006;
    this.readyState = 3;
    this.emit('close');
  }
  hear(message: object): void {
    this.emit('message', Buffer.from(JSON.stringify(message)), false);
  }
}

const START_MS = Date.UTC(2026, 0, 5);
const principal = (accountId = 'acc', lifeMs = 300_000) => ({
  userId: 'u',
  loginId: 'l',
  accountId,
  expiresAtMs: Date.now() + lifeMs,
});
let socket: FakeSocket;
let nowMs: number;
let pending: { resolve: () => void }[];
let stream: { renew: ReturnType<typeof vi.fn>; goaway: ReturnType<typeof vi.fn>; closed: boolean };

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  socket = new FakeSocket();
  nowMs = 0;
  pending = [];
  stream = { renew: vi.fn(), goaway: vi.fn(), closed: false };
});
afterEach(() => {
  socket.terminate();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function open(change: Partial<ConnectionDoor> = {}): Connection {
  const operation = (limit: string) => ({
    limit,
    run: () =>
      new Promise((resolve) => pending.push({ resolve: () => resolve({ status: 200, body: {} }) })),
  });
  return new Connection(socket as unknown as WebSocket, {
    operations: { submitOrder: operation('order'), cancelOrder: operation('cancel') } as never,
    budget: new Budget(1_000, 10, 0),
    clientAddress: '127.0.0.1',
    now: () => nowMs,
    admit: async () => ({
      principal: principal(),
      venue: {} as never,
      openStream: async () => stream as unknown as Stream,
    }),
    verify: async () => principal(),
    onClose: () => {},
    onRefused: () => {},
    onFault: () => {},
    ...change,
  });
}
async function enter(change: Partial<ConnectionDoor> = {}): Promise<Connection> {
  const connection = open(change);
  socket.hear({ type: 'authenticate', token: 't1' });
  await vi.advanceTimersByTimeAsync(0);
  return connection;
}
const request = (n: number, operation = 'submitOrder') =>
  socket.hear({ type: 'request', request: `r${n}`, operation });

test('it is sent away half a minute after its token, unless it shows another one', async () => {
  await enter();
  await vi.advanceTimersByTimeAsync(299_000);
  socket.hear({ type: 'authenticate', token: 't2' });
  await vi.advanceTimersByTimeAsync(0);
  expect(stream.renew).toHaveBeenCalledWith(expect.objectContaining({ accountId: 'acc' }), 't2');
  await vi.advanceTimersByTimeAsync(329_999);
  expect(stream.goaway).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(stream.goaway).toHaveBeenCalledWith('tokenExpired', 0);
});

test('a token that has expired ends it, as the first one and as the next', async () => {
  const expired = async () => {
    throw problem('tokenExpired');
  };
  await enter({ verify: expired });
  expect(socket.closed).toBeNull();
  socket.hear({ type: 'authenticate', token: 't2' });
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.sent.at(-1)).toMatchObject({ event: 'problem', data: { code: 'tokenExpired' } });
  expect(socket.closed).toBe(4_401);
});

test('another account’s token is refused, and so is a second choice of what to stream', async () => {
  await enter({ verify: async () => principal('other') });
  socket.hear({ type: 'authenticate', token: 't2' });
  await vi.advanceTimersByTimeAsync(0);
  expect({ closed: socket.closed, renewed: stream.renew.mock.calls }).toEqual({
    closed: 4_403,
    renewed: [],
  });
  socket.terminate();
  socket = new FakeSocket();
  await enter();
  socket.hear({ type: 'authenticate', token: 't2', resume: 'a-1' });
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.closed).toBe(4_422);
});

test('sixty-four requests at once, and as many cancels besides', async () => {
  await enter();
  for (let i = 0; i < 65; i++) request(i);
  expect(pending).toHaveLength(64);
  expect(socket.sent.at(-1)).toMatchObject({ request: 'r64', status: 429 });
  request(65, 'cancelOrder');
  expect(pending).toHaveLength(65);
  for (const { resolve } of pending) resolve();
  await vi.advanceTimersByTimeAsync(0);
  request(66);
  expect(pending).toHaveLength(66);
});

test('what comes while the token is checked waits, but not without end', async () => {
  const admitted = Promise.withResolvers<never>();
  open({ admit: () => admitted.promise });
  socket.hear({ type: 'authenticate', token: 't' });
  for (let i = 0; i < 32; i++) request(i);
  expect(socket.closed).toBeNull();
  request(32);
  expect(socket.closed).toBe(4_429);
  expect(pending).toEqual([]);
});

test('a client that gives no sign of life for 35 s is dropped; a pong is one', async () => {
  const connection = await enter();
  nowMs = 34_000;
  connection.check();
  expect(socket.ping).toHaveBeenCalledOnce();
  socket.emit('pong');
  nowMs = 69_000;
  connection.check();
  expect(socket.closed).toBeNull();
  nowMs = 69_001;
  connection.check();
  expect(socket.closed).toBe(1_006);
});

test('answers are not kept for a client that does not take them', async () => {
  await enter();
  socket.bufferedAmount = 3 * 1_024 * 1_024;
  request(1);
  pending[0].resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.closed).toBe(1_006);
});

test('while it drains, what is asked is answered and nothing more is taken', async () => {
  const connection = await enter();
  request(1);
  let drained = false;
  void connection.drain().then(() => {
    drained = true;
  });
  request(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.sent.at(-1)).toMatchObject({ request: 'r2', status: 503 });
  expect(drained).toBe(false);
  pending[0].resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(socket.sent.at(-1)).toMatchObject({ request: 'r1', status: 200 });
  expect(drained).toBe(true);
});
