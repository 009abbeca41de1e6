import { beforeEach, describe, expect, test } from 'vitest';
import { FallbackSource, SOCKET_KEPT_MS, type Transport } from './fallback-source.ts';
import type { Source } from './sse-source.ts';
import { FakeClock, FakeServer, settle } from './testing.ts';

const PROBLEM = JSON.stringify({ code: 'tokenExpired', detail: 'Refresh it.', status: 401 });

/** A fallback source whose transports a test answers for, and everything that it said. */
class Bench {
  readonly clock = new FakeClock();
  readonly servers: Record<Transport, FakeServer> = {
    sse: new FakeServer(),
    socket: new FakeServer(),
  };
  readonly shown: [Transport, boolean][] = [];
  readonly ended: [number, string][] = [];
  readonly events: string[] = [];
  reachable = true;
  probes = 0;
  saved: number | null = null;
  source: FallbackSource;
  connection: Source | null = null;

  constructor(saved: number | null = null) {
    this.saved = saved;
    this.source = this.make();
  }

  make(): FallbackSource {
    return new FallbackSource({
      open: { sse: this.servers.sse.open, socket: this.servers.socket.open },
      clock: this.clock,
      canReach: async () => {
        this.probes += 1;
        return this.reachable;
      },
      memory: {
        load: () => this.saved,
        save: (ms) => {
          this.saved = ms;
        },
      },
      now: () => 1_000_000 + this.clock.nowMs(),
      onTransport: (...change) => this.shown.push(change),
    });
  }

  /** Opens once more. @returns over what. */
  async connect(): Promise<Transport> {
    const before = this.servers.socket.connections.length;
    this.connection = this.source.open(
      { token: 't', resume: 'a-1' },
      {
        onOpen: () => {},
        onEvent: (type) => this.events.push(type),
        onEnd: (...end) => this.ended.push(end),
      },
    );
    await settle();
    return this.servers.socket.connections.length > before ? 'socket' : 'sse';
  }

  /** Opens, and nothing is heard until it is given up. */
  async mute(): Promise<Transport> {
    const transport = await this.connect();
    await this.clock.advance(6_000);
    return transport;
  }

  speak(transport: Transport): void {
    this.servers[transport].last.send('heartbeat', {});
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

test('hands on what comes, with the token and the resume point, and asks nobody else', async () => {
  expect(await bench.connect()).toBe('sse');
  expect(bench.servers.sse.last.opening).toEqual({ token: 't', resume: 'a-1' });
  bench.speak('sse');
  bench.servers.sse.last.end(200, '');
  expect(bench).toMatchObject({ events: ['heartbeat'], ended: [[200, '']], shown: [], probes: 0 });
});

describe('what proves that event streams are blocked', () => {
  test.each<[string, (bench: Bench) => Promise<unknown>, Transport]>([
    ['silence from the start, twice', async (b) => [await b.mute(), await b.mute()], 'socket'],
    [
      'an end without an event, twice',
      async (b) => {
        for (let i = 0; i < 2; i += 1) {
          await b.connect();
          b.servers.sse.last.end(0, '<p>Blocked</p>');
        }
      },
      'socket',
    ],
    [
      'one event, then silence, twice',
      async (b) => {
        for (let i = 0; i < 2; i += 1) {
          await b.connect();
          b.speak('sse');
          await b.clock.advance(30_000);
          b.connection?.close();
        }
      },
      'socket',
    ],
    ['once is chance', (b) => b.mute(), 'sse'],
    [
      'not the same twice with success between',
      async (b) => {
        await b.mute();
        await b.connect();
        b.speak('sse');
        b.servers.sse.last.end(0, '');
        await b.mute();
      },
      'sse',
    ],
    [
      'not a gateway that cannot be reached at all',
      async (b) => {
        b.reachable = false;
        for (let i = 0; i < 5; i += 1) await b.mute();
      },
      'sse',
    ],
    [
      'not our own refusal',
      async (b) => {
        for (let i = 0; i < 3; i += 1) {
          await b.connect();
          b.servers.sse.last.end(401, PROBLEM);
        }
      },
      'sse',
    ],
    [
      'not the trader who leaves',
      async (b) => {
        for (let i = 0; i < 3; i += 1) {
          await b.connect();
          await b.clock.advance(5_000);
          b.connection?.close();
        }
      },
      'sse',
    ],
    [
      'not a device that slept after long good service, twice',
      async (b) => {
        for (let i = 0; i < 2; i += 1) {
          await b.connect();
          b.speak('sse');
          await b.clock.advance(60_000);
          b.speak('sse');
          await b.clock.advance(3_600_000);
          b.connection?.close();
        }
      },
      'sse',
    ],
  ])('%s', async (_name, happen, next) => {
    await happen(bench);
    expect(await bench.connect()).toBe(next);
  });
});

test('a proxy’s own refusal is a lost connection, ours is told as it is', async () => {
  await bench.connect();
  bench.servers.sse.last.end(403, '<h1>Forbidden by policy</h1>');
  await bench.connect();
  bench.servers.sse.last.end(401, PROBLEM);
  expect(bench.ended).toEqual([
    [0, '<h1>Forbidden by policy</h1>'],
    [401, PROBLEM],
  ]);
});

test('a connection that is given up for silence is closed, told once, and heard no more', async () => {
  await bench.mute();
  expect(bench.servers.sse.last.isClosed).toBe(true);
  bench.servers.sse.last.end(0, '');
  bench.speak('sse');
  expect(bench.ended).toEqual([[0, '']]);
  expect(bench.events).toEqual([]);
});

test('closed while it still chooses, it opens nothing', async () => {
  bench.source.open({ token: 't', resume: null }, {} as never).close();
  await settle();
  expect(bench.servers.sse.connections).toEqual([]);
});

describe('the WebSocket', () => {
  beforeEach(async () => {
    await bench.mute();
    await bench.mute();
    await bench.connect();
  });

  test('is shown once events come over it, not when it is tried', () => {
    expect(bench.shown).toEqual([]);
    bench.speak('socket');
    bench.speak('socket');
    expect(bench.shown).toEqual([['socket', true]]);
  });

  test('that does not work either leads back', async () => {
    await bench.clock.advance(6_000);
    expect(await bench.mute()).toBe('socket');
    expect(await bench.connect()).toBe('sse');
    expect(bench.saved).toBeNull();
  });

  test('is kept over losses and reloads for half an hour, then the stream gets one more chance', async () => {
    bench.speak('socket');
    bench.servers.socket.last.end(0, '');
    expect(await bench.connect()).toBe('socket');
    bench.speak('socket');
    bench.source = bench.make();
    expect(await bench.connect()).toBe('socket');
    bench.speak('socket');
    expect(bench.shown).toEqual([
      ['socket', true],
      ['socket', false],
    ]);
    await bench.clock.advance(SOCKET_KEPT_MS);
    expect(await bench.mute()).toBe('sse');
    expect(await bench.connect()).toBe('socket');
    bench.speak('socket');
    expect(bench.shown).toHaveLength(2);
    await bench.clock.advance(SOCKET_KEPT_MS);
    expect(await bench.connect()).toBe('sse');
    bench.speak('sse');
    expect(bench.shown.at(-1)).toEqual(['sse', true]);
    expect(bench.saved).toBeNull();
  });
});
