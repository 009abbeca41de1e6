/**
 * The desk's own client against a real gateway, over connections that break at any byte: every record
 * once, in order, and soon. `CUTS=10000 npx vitest run --project integration test/socket-cuts` does more.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Doors, openDoors, type TestTrader } from '../services/gateway/testing/doors.ts';
import { browserClock } from '../ui/src/lib/client/clock.ts';
import type { LinkState } from '../ui/src/lib/client/link.ts';
import { LiveStream } from '../ui/src/lib/client/live-stream.ts';
import { openSocketSource, type SocketLike } from '../ui/src/lib/client/socket-source.ts';

const CUTS = Number(process.env.CUTS ?? 400);
const CLIENTS = 8;
const RESUME_P99_MS = 2_000;
/** Bytes that a connection brings before it breaks: one in five inside the handshake, else records on. */
const HANDSHAKE_BYTES = 500;
const RECORDS_BYTES = 12_000;
const bytesToLive = () =>
  Math.ceil(Math.random() * HANDSHAKE_BYTES) +
  (Math.random() < 0.2 ? 0 : Math.ceil(HANDSHAKE_BYTES + Math.random() * RECORDS_BYTES));

let doors: Doors;
let ada: TestTrader;
let proxy: Server;
let proxyPort: number;
/** Not yet reached. */
let cutsLeft = 0;

/** Breaks each connection after so many bytes from the server, by a reset or an end in the middle. */
function breakSometime(client: Socket, upstream: Socket): void {
  let left = bytesToLive();
  upstream.on('data', (bytes: Buffer) => {
    if (cutsLeft <= 0) return void client.write(bytes);
    left -= bytes.length;
    if (left > 0) return void client.write(bytes);
    cutsLeft -= 1;
    const part = bytes.subarray(0, bytes.length + left);
    const isReset = Math.random() < 0.5;
    client.end(part, () => (isReset ? client.resetAndDestroy() : client.destroy()));
    upstream.destroy();
  });
}

beforeAll(async () => {
  doors = await openDoors();
  ada = await doors.trader();
  proxy = createServer((client) => {
    const upstream = connect(doors.port, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => one.destroy());
      one.on('close', () => other.destroy());
    }
    client.pipe(upstream);
    breakSometime(client, upstream);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxyPort = (proxy.address() as { port: number }).port;
});
afterAll(async () => {
  await doors?.stop();
  proxy?.close();
});

/** One desk: the numbers of what it applied, and how long each loss took it. */
class Watcher {
  readonly numbers: number[] = [];
  readonly broken: string[] = [];
  readonly resumedAfterMs: number[] = [];
  snapshots = 0;
  #lostAtMs: number | null = null;
  readonly stream: LiveStream;

  constructor() {
    const url = `ws://127.0.0.1:${proxyPort}/api/v1/simulators/${ada.simulator.simulatorId}/socket`;
    const accessToken = async () => ada.token;
    this.stream = new LiveStream({
      openSource: openSocketSource({
        connect: () => new WebSocket(url, 'sandpit.v1') as SocketLike,
        accessToken,
        clock: browserClock,
        onLine: () => {},
      }),
      accessToken,
      invalidateToken: () => {},
      sink: {
        onSnapshot: ({ n }) => {
          this.snapshots += 1;
          if (this.numbers.length > 0 && n < (this.numbers.at(-1) ?? 0))
            this.broken.push(`back to ${n}`);
          this.numbers.push(n);
        },
        onRecord: ([first]) => {
          const n = first?.frame.n ?? -1;
          const last = this.numbers.at(-1);
          if (last === undefined || n !== last + 1) this.broken.push(`${last} then ${n}`);
          this.numbers.push(n);
        },
        onMarket: () => {},
        onGate: () => {},
        onHeartbeat: () => {},
        onLab: () => {},
        onNotice: () => {},
        onStatus: ({ state }) => this.#onState(state),
      },
      clock: browserClock,
      network: { isOnline: () => true, watch: () => () => {} },
      random: Math.random,
    });
  }

  #onState(state: LinkState): void {
    if (state === 'reconnecting') this.#lostAtMs ??= performance.now();
    // The scripted worker has no market, so the venue may be said to recover; events come all the same.
    const isBack = state === 'live' || state === 'recovering';
    if (!isBack || this.#lostAtMs === null) return;
    this.resumedAfterMs.push(performance.now() - this.#lostAtMs);
    this.#lostAtMs = null;
  }
}

test(`${CUTS} cuts: nothing missing, nothing twice, resumed in time`, {
  timeout: CUTS * 400 + 60_000,
}, async () => {
  const clock = { type: 'clockChanged', clock: { state: 'running' } } as unknown as VenueEvent;
  let head = 1;
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      // A record is one to four events, so that cuts fall inside records, too.
      const events = Array.from({ length: 1 + (head % 4) }, () => clock);
      await doors.worker.append(ada.simulator, events);
      head += 1;
      await sleep(30);
    }
  })();
  cutsLeft = CUTS;
  const watchers = Array.from({ length: CLIENTS }, () => new Watcher());
  for (const { stream } of watchers) stream.start();
  try {
    await expect
      .poll(() => cutsLeft, { timeout: CUTS * 400, interval: 100 })
      .toBeLessThanOrEqual(0);
    isWriting = false;
    await writing;
    const heads = () => watchers.map(({ numbers }) => numbers.at(-1));
    await expect.poll(heads, { timeout: 20_000 }).toEqual(watchers.map(() => head));
  } finally {
    isWriting = false;
    for (const { stream } of watchers) stream.stop();
  }
  expect(watchers.flatMap(({ broken }) => broken)).toEqual([]);
  const waits = watchers.flatMap(({ resumedAfterMs }) => resumedAfterMs).toSorted((a, b) => a - b);
  const p99Ms = waits[Math.floor(waits.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  const snapshots = watchers.reduce((sum, watcher) => sum + watcher.snapshots, 0);
  console.log(
    `${CUTS} cuts, ${head} records, ${waits.length} losses of a live stream: resumed after ` +
      `${waits[Math.floor(waits.length / 2)]?.toFixed(0)} ms (median), ${p99Ms.toFixed(0)} ms (p99); ` +
      `${snapshots} snapshots`,
  );
  expect(waits.length).toBeGreaterThan(CUTS / 4);
  expect(p99Ms).toBeLessThan(RESUME_P99_MS);
});
