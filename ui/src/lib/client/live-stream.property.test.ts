/** Whatever happens to its connections, the desk gets every record once, in order, and whole. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FallbackSource, type Transport } from './fallback-source.ts';
import { LiveStream } from './live-stream.ts';
import type { OpenSource, SourceHandlers } from './sse-source.ts';
import { FakeClock, settle } from './testing.ts';

/** Records of so many events each; the server forgets those before `floor`. */
class Log {
  readonly sizes: number[] = [];
  floor = 0;
  /** Records that cannot be told any more, though their number says that they were. */
  readonly holes = new Set<number>();
  forget(): void {
    this.floor = this.head();
  }
  head(): number {
    return this.sizes.length;
  }
}

interface Sending {
  handlers: SourceHandlers;
  /** Next record and event within it. */
  n: number;
  at: number;
  /** Has to begin with a snapshot. */
  isFresh: boolean;
}

/** One door: connections that carry the log from where the client stands, as far as they are let. */
class Door {
  #blocked = false;
  cuts = 0;
  readonly #log: Log;
  #current: Sending | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  readonly open: OpenSource = ({ resume }, handlers) => {
    const given = resume === null ? null : Number(resume.split('-')[1]) / 10;
    const isFresh = given === null || given < this.#log.floor;
    const sending = { handlers, n: (given ?? 0) + 1, at: 0, isFresh };
    this.#current = sending;
    if (!this.#blocked) handlers.onOpen();
    return {
      close: () => {
        if (this.#current === sending) this.#current = null;
      },
      received: () => 0,
    };
  };

  /** Sends up to so many events, snapshot first. */
  send(events: number): void {
    for (let i = 0; i < events; i += 1) {
      const sending = this.#current;
      if (!sending || this.#blocked) return;
      this.#sendOne(sending);
    }
  }

  /** Passes a record over, as a gateway with a hole in its memory would: a gap for the client. */
  skip(): void {
    const sending = this.#current;
    if (sending && !sending.isFresh && sending.at === 0 && sending.n <= this.#log.head())
      sending.n += 1;
  }

  block(blocked: boolean): void {
    this.#blocked = blocked;
  }

  /** Tells the record before the next one again, as after a takeover that overlaps. */
  repeat(): void {
    const sending = this.#current;
    if (sending && !sending.isFresh && sending.at === 0 && sending.n > 1) sending.n -= 1;
  }

  beat(): void {
    const n = this.#log.head();
    const beat = { headN: n, headSequence: n * 10, serverTime: '', venue: 'live' };
    if (!this.#blocked) this.#tell('heartbeat', JSON.stringify(beat), null);
  }

  goaway(retryMs: number): void {
    if (!this.#blocked) this.#tell('goaway', JSON.stringify({ reason: 'drain', retryMs }), null);
  }

  /** Ends it: in order, with a reset, or in the middle of a frame that a proxy completes. */
  cut(how: 'clean' | 'reset' | 'half'): void {
    const sending = this.#current;
    if (!sending) return;
    this.cuts += 1;
    if (how === 'half') this.#tell('order', '{"n":6,"seq', 'x-6');
    if (this.#current === sending) this.#current = null;
    sending.handlers.onEnd(how === 'clean' ? 200 : 0, '');
  }

  #tell(type: 'heartbeat' | 'goaway' | 'order' | 'snapshot', data: string, id: string | null) {
    this.#current?.handlers.onEvent(type, data, id);
  }

  #sendOne(sending: Sending): void {
    const head = this.#log.head();
    if (sending.isFresh) {
      sending.isFresh = false;
      sending.n = head + 1;
      const frame = { n: head, sequence: head * 10 };
      this.#tell('snapshot', JSON.stringify(frame), `x-${head * 10}`);
      return;
    }
    if (this.#log.holes.has(sending.n)) sending.n += 1;
    if (sending.n > head) return;
    const { n } = sending;
    const last = sending.at === (this.#log.sizes[n - 1] ?? 1) - 1;
    const frame = { n, sequence: n * 10, last, part: sending.at };
    sending.at = last ? 0 : sending.at + 1;
    sending.n = last ? n + 1 : n;
    this.#tell('order', JSON.stringify(frame), `x-${n * 10}`);
  }
}

type Act = (world: World) => void | Promise<void>;

class World {
  readonly clock = new FakeClock();
  readonly log = new Log();
  readonly doors: Record<Transport, Door> = { sse: new Door(this.log), socket: new Door(this.log) };
  isOnline = true;
  /** Number of each record or snapshot that was applied, and the parts of each record. */
  readonly applied: { n: number; isSnapshot: boolean; parts: number[] }[] = [];
  #onNetwork: (change: 'online' | 'offline' | 'visible') => void = () => {};
  #savedMs: number | null = null;
  readonly stream: LiveStream;

  constructor(random: () => number) {
    const fallback = new FallbackSource({
      open: { sse: this.doors.sse.open, socket: this.doors.socket.open },
      clock: this.clock,
      canReach: async () => this.isOnline,
      memory: {
        load: () => this.#savedMs,
        save: (ms) => {
          this.#savedMs = ms;
        },
      },
      now: () => 1e12 + this.clock.nowMs(),
      onTransport: () => {},
    });
    this.stream = new LiveStream({
      openSource: fallback.open,
      accessToken: async () => 'token',
      invalidateToken: () => {},
      sink: {
        onSnapshot: ({ n }) => void this.applied.push({ n, isSnapshot: true, parts: [] }),
        onRecord: (events) =>
          void this.applied.push({
            n: events[0]?.frame.n ?? -1,
            isSnapshot: false,
            parts: events.map(({ frame }) => (frame as unknown as { part: number }).part),
          }),
        onMarket: () => {},
        onGate: () => {},
        onLab: () => {},
        onNotice: () => {},
        onHeartbeat: () => {},
        onStatus: () => {},
      },
      clock: this.clock,
      network: {
        isOnline: () => this.isOnline,
        watch: (onChange) => {
          this.#onNetwork = onChange;
          return () => {};
        },
      },
      random,
    });
  }

  both(act: (door: Door) => void): void {
    act(this.doors.sse);
    act(this.doors.socket);
  }

  network(isOnline: boolean): void {
    this.isOnline = isOnline;
    this.#onNetwork(isOnline ? 'online' : 'offline');
  }

  get cuts(): number {
    return this.doors.sse.cuts + this.doors.socket.cuts;
  }
}

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 4 }).map(
      (size): Act =>
        ({ log }) =>
          void log.sizes.push(size),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 12 }).map(
      (count): Act =>
        (world) =>
          world.both((door) => door.send(count)),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('clean' as const, 'reset' as const, 'half' as const).map(
      (how): Act =>
        (world) =>
          world.both((door) => door.cut(how)),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.integer({ min: 1, max: 8_000 }).map(
      (ms): Act =>
        ({ clock }) =>
          clock.advance(ms),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Act>((world) => world.both((door) => door.skip())) },
  {
    weight: 1,
    arbitrary: fc.constant<Act>((world) => world.both((door) => door.repeat())),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Act>(({ log }) => void log.holes.add(log.head() + 1)),
  },
  { weight: 2, arbitrary: fc.constant<Act>((world) => world.both((door) => door.beat())) },
  {
    weight: 1,
    arbitrary: fc.nat(5_000).map(
      (ms): Act =>
        (world) =>
          world.both((door) => door.goaway(ms)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (blocked): Act =>
        ({ doors }) =>
          doors.sse.block(blocked),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (isOnline): Act =>
        (world) =>
          world.network(isOnline),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Act>(({ stream }) => stream.reconnectNow()) },
  { weight: 1, arbitrary: fc.constant<Act>(({ log }) => log.forget()) },
);

/** A healthy network for long enough, on at least one of the two transports. */
async function heal(world: World): Promise<void> {
  world.network(true);
  for (let second = 0; second < 90; second += 1) {
    world.both((door) => {
      door.send(1_000);
      door.beat();
    });
    await world.clock.advance(1_000);
  }
  await settle();
}

test('thousands of cuts: nothing missing, nothing twice, nothing in pieces', async () => {
  let cuts = 0;
  let resumed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 10, maxLength: 80 }),
      fc.integer(),
      async (acts, seed) => {
        let state = seed;
        const world = new World(() => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
          return state / 0x80000000;
        });
        world.stream.start();
        await settle();
        for (const each of acts) await each(world);
        await heal(world);
        let n: number | null = null;
        for (const { n: next, isSnapshot, parts } of world.applied) {
          if (isSnapshot) expect(next).toBeGreaterThanOrEqual(n ?? 0);
          else {
            expect(next).toBe((n ?? Number.NaN) + 1);
            const size = world.log.sizes[next - 1] ?? 0;
            expect(parts).toEqual(Array.from({ length: size }, (_, i) => i));
          }
          n = next;
        }
        expect(n).toBe(world.log.head());
        cuts += world.cuts;
        resumed += world.applied.filter(({ isSnapshot }) => !isSnapshot).length;
        world.stream.stop();
        expect(world.clock.nextInMs).toBeNull();
      },
    ),
    { numRuns: 3_000 },
  );
  expect(cuts).toBeGreaterThan(3_000);
  expect(resumed).toBeGreaterThan(3_000);
});
