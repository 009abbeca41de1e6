import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { type CommandLine, openSocketSource, type SocketLike } from './socket-source.ts';
import type { Source } from './sse-source.ts';
import { FakeClock, settle } from './testing.ts';

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;
  send(text: unknown): void {
    this.sent.push(JSON.parse(String(text)));
  }
  close(): void {
    this.isClosed = true;
  }
  hear(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

let clock: FakeClock;
let socket: FakeSocket;
let source: Source;
let line: CommandLine | null;
let token: () => Promise<string>;
let heard: unknown[];

beforeEach(() => {
  clock = new FakeClock();
  socket = new FakeSocket();
  line = null;
  token = async () => 'token-2';
  heard = [];
  const open = openSocketSource({
    connect: () => socket,
    accessToken: () => token(),
    clock,
    onLine: (next) => {
      line = next;
    },
  });
  source = open(
    { token: 'token-1', resume: 'a-7' },
    {
      onOpen: () => heard.push('open'),
      onEvent: (...event) => heard.push(event),
      onEnd: (...end) => heard.push(end),
    },
  );
});

function enter(expiresInSeconds = 300): void {
  socket.onopen?.();
  socket.hear({ event: 'authenticated', data: { expiresAt: '', expiresInSeconds } });
}

test('shows the token in the first message, and is open when the server has taken it', () => {
  socket.onopen?.();
  expect(socket.sent).toEqual([{ type: 'authenticate', token: 'token-1', resume: 'a-7' }]);
  expect({ heard, line }).toEqual({ heard: [], line: null });
  enter();
  expect(heard).toEqual(['open']);
  expect(line).not.toBeNull();
});

test('events are handed on as those of the stream; what is none of ours is not', () => {
  enter();
  socket.hear({ event: 'order', id: 'a-8', data: { n: 8 } });
  socket.hear({ event: 'quote', data: { bid: '1' } });
  for (const strange of ['{', 'null', '[]', { event: 'constructor', data: {} }, { data: 1 }])
    socket.hear(strange);
  expect(heard.slice(1)).toEqual([
    ['order', '{"n":8}', 'a-8'],
    ['quote', '{"bid":"1"}', null],
  ]);
});

test('a fresh token is shown before the old one ends, and again for each', async () => {
  enter(300);
  await clock.advance(284_000);
  expect(socket.sent).toHaveLength(1);
  await clock.advance(1_000);
  expect(socket.sent.at(-1)).toEqual({ type: 'authenticate', token: 'token-2' });
  socket.hear({ event: 'authenticated', data: { expiresInSeconds: 300 } });
  await clock.advance(285_000);
  expect(socket.sent).toHaveLength(3);
  expect(heard).toEqual(['open']);
});

test('without a fresh token it tries again, and stops when the connection has ended', async () => {
  token = () => Promise.reject(ApiError.transport('offline'));
  enter(300);
  await clock.advance(296_000);
  expect(socket.sent).toHaveLength(1);
  token = async () => 'token-3';
  await clock.advance(5_000);
  expect(socket.sent.at(-1)).toMatchObject({ token: 'token-3' });
  source.close();
  await clock.advance(600_000);
  expect(socket.sent).toHaveLength(2);
  expect(clock.nextInMs).toBeNull();
});

describe('a refusal', () => {
  const problem = { code: 'notFound', detail: 'Not yours.', status: 404 };
  test.each<[string, unknown, number, [number, string]]>([
    ['with a problem', { event: 'problem', data: problem }, 4_404, [404, JSON.stringify(problem)]],
    ['by its close code alone', {}, 4_429, [429, '']],
    ['that is a loss', {}, 1_006, [0, '']],
    ['for its size', {}, 1_009, [0, '']],
  ])('%s is told', (_name, message, code, end) => {
    socket.onopen?.();
    socket.hear(message);
    socket.onclose?.({ code });
    socket.onclose?.({ code });
    expect(heard).toEqual([end]);
  });
});

describe('requests', () => {
  const ask = (body: unknown = {}) => {
    const answer = line?.ask('submitOrder', { body });
    answer?.catch(() => {});
    return answer;
  };

  beforeEach(() => enter());

  test('go with a number of their own, and each gets its own answer', async () => {
    const [first, second] = [ask({ a: 1 }), ask({ a: 2 })];
    expect(socket.sent.slice(1)).toEqual([
      { type: 'request', request: '1', operation: 'submitOrder', body: { a: 1 } },
      { type: 'request', request: '2', operation: 'submitOrder', body: { a: 2 } },
    ]);
    socket.hear({ event: 'answer', request: '2', status: 201, data: 'two' });
    socket.hear({ event: 'answer', request: '1', status: 200, data: 'one' });
    socket.hear({ event: 'answer', request: '1', status: 200, data: 'again' });
    socket.hear({ event: 'answer', request: '99', status: 200, data: 'nobody' });
    expect(await Promise.all([first, second])).toEqual(['one', 'two']);
    expect(heard).toEqual(['open']);
  });

  test('refused ones fail as over REST', async () => {
    const answer = ask();
    const problem = { code: 'backlogFull', detail: 'Wait.', status: 429, retryAfterSeconds: 2 };
    socket.hear({ event: 'answer', request: '1', status: 429, data: problem });
    await expect(answer).rejects.toMatchObject({
      code: 'backlogFull',
      outcomeUnknown: false,
      retryAfterMs: 2_000,
    });
  });

  test.each<[string, () => void | Promise<void>, string]>([
    ['the connection ends', () => socket.onclose?.({ code: 1_006 }), 'offline'],
    ['it is closed', () => source.close(), 'offline'],
    ['no answer comes in ten seconds', () => clock.advance(10_000), 'timeout'],
    [
      'the answer is nonsense',
      () => socket.hear({ event: 'answer', request: '1', status: 500, data: 'no' }),
      'badAnswer',
    ],
  ])('of which nobody knows the outcome when %s', async (_name, happen, code) => {
    const answer = ask();
    await happen();
    await settle();
    await expect(answer).rejects.toMatchObject({ code, outcomeUnknown: true });
  });

  test('are not sent into a connection that has ended', async () => {
    const old = line as CommandLine;
    socket.onclose?.({ code: 1_006 });
    expect(line).toBeNull();
    await expect(old.ask('cancelAllOrders', {})).rejects.toMatchObject({ code: 'offline' });
    expect(socket.sent).toHaveLength(1);
  });
});
