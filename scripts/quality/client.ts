/**
 * One client on a trace: beats as the app does, watches its stream, sends an order a second, and
 * meets the order gate of the server with each that arrives. In virtual time.
 */
import type { GateState, OrderStamp } from '@sandpit/schemas/http.ts';
import { gateFor, stampOf, timingOf } from '../../services/orders/stamp.ts';
import {
  advance,
  gateOf,
  HEARTBEAT_INTERVAL_MS,
  observe,
  type Quality,
  UNSEEN,
} from '../../services/sessions/gate.ts';
import { receiveWindowOf } from '../../ui/src/lib/client/reconcile.ts';
import { ServerClock } from '../../ui/src/lib/client/server-clock.ts';
import { Sight } from '../../ui/src/lib/client/sight.ts';
import { deviceTimeOf, isAsleep } from './device.ts';
import { type Random, randomOf, TRACE_MS, type Trace, type Way } from './traces.ts';
import { Wire } from './wire.ts';

const STEP_MS = 50;
/** The app gives up a request after this long, and its stream after this long without a word. */
const REQUEST_TIMEOUT_MS = 10_000;
const STREAM_SILENCE_MS = 30_000;
/** After so long without a frame, the first one is told at once, by a beat before its time. */
const STALE_MS = 6_000;
/** A stream's gateway asks for the gate this often, and its heartbeat says when it was sent. */
const GATE_INTERVAL_MS = 5_000;
const STREAM_HEARTBEAT_MS = 5_000;
/** The app notices within this time that its device has slept. */
const WAKE_NOTICED_MS = 1_000;
const ORDERS_PER_SECOND = 1;
/** TCP sends again after an interruption with pauses that have doubled meanwhile. */
const RETRANSMIT_MAX_MS = 3_000;
/** Whatever is judged begins after the first heartbeats. */
const WARM_UP_MS = 15_000;
/** Server time at the start of a trace, ms since the epoch. */
const SERVER_EPOCH_MS = Date.UTC(2026, 0, 5, 14, 30);

/** An order that has arrived. */
export interface OrderSeen {
  sentMs: number;
  arrivedMs: number;
  /** True age of the newest price that the trader saw when he sent it. */
  blindMs: number;
  /** Of the gate that it met; `stale`: refused for its age. */
  state: GateState | 'stale';
}

export interface PlayOptions {
  /** Orders say when they were sent and what was seen, as the app’s do. */
  stamps: boolean;
}

/** Requests of one kind share a connection, as a browser's do; one that timed out is left. */
interface Pooled {
  openedMs: number;
}

export function play(trace: Trace, options: PlayOptions = { stamps: true }): OrderSeen[] {
  return new Play(trace, options).run();
}

class Play {
  readonly #trace: Trace;
  readonly #options: PlayOptions;
  readonly #random: Random;
  readonly #wire = new Wire();
  readonly #orders: OrderSeen[] = [];
  readonly #requests: Pooled = { openedMs: 0 };
  readonly #serverClock = new ServerClock();
  readonly #sight = new Sight(this.#serverClock);
  /** The client's own clock. */
  readonly #deviceMs: (atMs: number) => number;
  #quality: Quality = UNSEEN;
  #sequence = 0;
  #sent = 0;
  #roundTripMs: number | undefined;
  #nextBeatMs: number | null = 1_000;
  #streamOpenedMs = 0;
  #wokeAtMs: number | null = null;
  /** When the newest frame came, and when it had been sent. */
  #frame = { arrivedMs: 0, sentMs: 0 };

  constructor(trace: Trace, options: PlayOptions) {
    this.#trace = trace;
    this.#options = options;
    this.#random = randomOf(trace.seed ^ 0x5eed);
    this.#deviceMs = deviceTimeOf(trace);
  }

  run(): OrderSeen[] {
    for (let nowMs = 0; nowMs < TRACE_MS; nowMs += STEP_MS) {
      this.#wire.deliver(nowMs);
      if (nowMs % GATE_INTERVAL_MS === 0) this.#quality = advance(this.#quality, nowMs);
      if (isAsleep(this.#trace, nowMs)) {
        this.#wokeAtMs = nowMs + STEP_MS;
        continue;
      }
      this.#noticeSleep(nowMs);
      this.#hear(nowMs);
      if (this.#nextBeatMs !== null && nowMs >= this.#nextBeatMs) this.#beat(nowMs);
      if (this.#random() < (ORDERS_PER_SECOND * STEP_MS) / 1_000) this.#order(nowMs);
    }
    return this.#orders.filter(({ sentMs }) => sentMs >= WARM_UP_MS);
  }

  /** When what is sent now arrives. */
  #arrivalMs(sentMs: number, way: Way): number {
    const { stalls, delayMs } = this.#trace;
    const stall = stalls.find(({ fromMs, toMs }) => fromMs <= sentMs && sentMs < toMs);
    if (!stall) return sentMs + delayMs(sentMs, way);
    const lengthMs = stall.toMs - sentMs;
    const againMs = this.#random() * Math.min(lengthMs / 2, RETRANSMIT_MAX_MS);
    return stall.toMs + againMs + delayMs(stall.toMs, way);
  }

  #isDead(openedMs: number, nowMs: number): boolean {
    return this.#trace.halfOpensMs.some((atMs) => openedMs < atMs && atMs <= nowMs);
  }

  /** Its timers stood still as well, so it looks at the wall clock, too. */
  #noticeSleep(nowMs: number): void {
    if (this.#wokeAtMs === null || nowMs < this.#wokeAtMs + WAKE_NOTICED_MS) return;
    this.#wokeAtMs = null;
    this.#serverClock.forget();
    if (this.#nextBeatMs !== null) this.#nextBeatMs = nowMs;
  }

  /** Frames come several times a second, so the path itself says what has arrived. */
  #hear(nowMs: number): void {
    const { stalls, delayMs } = this.#trace;
    if (nowMs - Math.max(this.#frame.arrivedMs, this.#streamOpenedMs) >= STREAM_SILENCE_MS) {
      this.#streamOpenedMs = nowMs;
    }
    if (this.#isDead(this.#streamOpenedMs, nowMs)) return;
    const sentMs = nowMs - delayMs(nowMs, 'down');
    const isStalled = stalls.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
    if (isStalled || sentMs <= this.#frame.sentMs) return;
    const isBack = nowMs - this.#frame.arrivedMs >= STALE_MS;
    if (isBack && this.#nextBeatMs !== null) this.#nextBeatMs = nowMs;
    this.#see(sentMs, nowMs);
    this.#frame = { arrivedMs: nowMs, sentMs };
  }

  /** What has been sent up to `sentMs` is here, the last heartbeat of the stream among it. */
  #see(sentMs: number, nowMs: number): void {
    const lastMs = Math.floor(sentMs / STREAM_HEARTBEAT_MS) * STREAM_HEARTBEAT_MS;
    const deviceMs = this.#deviceMs(nowMs);
    if (lastMs > this.#frame.sentMs) this.#sight.heartbeat(lastMs + SERVER_EPOCH_MS, deviceMs);
    else this.#sight.heard(deviceMs);
  }

  #beat(nowMs: number): void {
    this.#nextBeatMs = null;
    const beat = {
      sequence: this.#sequence++,
      feedAgeMs: Math.max(0, nowMs - this.#frame.arrivedMs),
      ...(this.#roundTripMs !== undefined && { roundTripMs: this.#roundTripMs }),
    };
    const again = (tookMs: number) => {
      this.#nextBeatMs = nowMs + Math.max(HEARTBEAT_INTERVAL_MS, tookMs);
    };
    let answered = false;
    this.#wire.add(nowMs + REQUEST_TIMEOUT_MS, (atMs) => {
      if (answered) return;
      answered = true;
      this.#requests.openedMs = atMs;
      again(REQUEST_TIMEOUT_MS);
    });
    if (this.#isDead(this.#requests.openedMs, nowMs)) return;
    this.#wire.add(this.#arrivalMs(nowMs, 'up'), (arrivedMs) => {
      this.#quality = observe(this.#quality, beat, arrivedMs);
      this.#wire.add(this.#arrivalMs(arrivedMs, 'down'), (answeredMs) => {
        if (answered) return;
        answered = true;
        this.#roundTripMs = answeredMs - nowMs;
        const [sentMs, receivedMs] = [this.#deviceMs(nowMs), this.#deviceMs(answeredMs)];
        this.#serverClock.observe(arrivedMs + SERVER_EPOCH_MS, sentMs, receivedMs);
        again(this.#roundTripMs);
      });
    });
  }

  /** As the app's orders have it, market and limit orders in turn. */
  #stamp(sentMs: number): OrderStamp | null {
    const type = this.#sent++ % 2 === 0 ? 'market' : 'limit';
    const stamp = this.#sight.stamp(this.#deviceMs(sentMs));
    return stamp && { ...stamp, ...receiveWindowOf({ type }) };
  }

  #order(sentMs: number): void {
    if (this.#isDead(this.#requests.openedMs, sentMs)) return;
    const blindMs = sentMs - this.#frame.sentMs;
    const given = this.#options.stamps ? this.#stamp(sentMs) : null;
    this.#wire.add(this.#arrivalMs(sentMs, 'up'), (arrivedMs) => {
      this.#quality = advance(this.#quality, arrivedMs);
      const nowMs = arrivedMs + SERVER_EPOCH_MS;
      const stamp = stampOf(given ?? {}).value;
      const isStale = stamp !== null && timingOf(stamp, nowMs) !== 'good';
      const state = isStale ? 'stale' : gateFor(gateOf(this.#quality), stamp, nowMs).state;
      this.#orders.push({ sentMs, arrivedMs, blindMs, state });
    });
  }
}
