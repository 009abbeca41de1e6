/**
 * One client on a trace: beats as the app does, watches its stream, sends an order a second, and
 * meets the order gate of the server with each that arrives. In virtual time.
 */
import type { GateState } from '@sandpit/schemas/http.ts';
import {
  advance,
  HEARTBEAT_INTERVAL_MS,
  observe,
  type Quality,
  UNSEEN,
} from '../../services/sessions/gate.ts';
import { type Random, randomOf, TRACE_MS, type Trace } from './traces.ts';

const STEP_MS = 50;
/** The app gives up a request after this long, and its stream after this long without a word. */
const REQUEST_TIMEOUT_MS = 10_000;
const STREAM_SILENCE_MS = 30_000;
/** After so long without a frame, the first one is told at once, by a beat before its time. */
const STALE_MS = 6_000;
/** A stream's gateway asks for the gate this often. */
const GATE_INTERVAL_MS = 5_000;
const ORDERS_PER_SECOND = 1;
/** TCP sends again after an interruption with pauses that have doubled meanwhile. */
const RETRANSMIT_MAX_MS = 3_000;
/** Whatever is judged begins after the first heartbeats. */
const WARM_UP_MS = 15_000;

/** An order that has arrived. */
export interface OrderSeen {
  sentMs: number;
  arrivedMs: number;
  /** True age of the newest price that the trader saw when he sent it. */
  blindMs: number;
  state: GateState;
}

interface Arrival {
  atMs: number;
  take(nowMs: number): void;
}

/** What is on its way, in the order in which it arrives. */
class Wire {
  readonly #arrivals: Arrival[] = [];

  add(atMs: number, take: (nowMs: number) => void): void {
    let i = this.#arrivals.length;
    while (i > 0 && this.#arrivals[i - 1]!.atMs > atMs) i--;
    this.#arrivals.splice(i, 0, { atMs, take });
  }

  deliver(nowMs: number): void {
    while (this.#arrivals.length > 0 && this.#arrivals[0]!.atMs <= nowMs) {
      this.#arrivals.shift()!.take(nowMs);
    }
  }
}

/** Requests of one kind share a connection, as a browser's do; one that timed out is left. */
interface Pooled {
  openedMs: number;
}

export function play(trace: Trace): OrderSeen[] {
  return new Play(trace).run();
}

class Play {
  readonly #trace: Trace;
  readonly #random: Random;
  readonly #wire = new Wire();
  readonly #orders: OrderSeen[] = [];
  readonly #requests: Pooled = { openedMs: 0 };
  #quality: Quality = UNSEEN;
  #sequence = 0;
  #roundTripMs: number | undefined;
  #nextBeatMs: number | null = 1_000;
  #streamOpenedMs = 0;
  /** When the newest frame came, and when it had been sent. */
  #frame = { arrivedMs: 0, sentMs: 0 };

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#random = randomOf(trace.seed ^ 0x5eed);
  }

  run(): OrderSeen[] {
    for (let nowMs = 0; nowMs < TRACE_MS; nowMs += STEP_MS) {
      this.#wire.deliver(nowMs);
      this.#hear(nowMs);
      if (nowMs % GATE_INTERVAL_MS === 0) this.#quality = advance(this.#quality, nowMs);
      if (this.#nextBeatMs !== null && nowMs >= this.#nextBeatMs) this.#beat(nowMs);
      if (this.#random() < (ORDERS_PER_SECOND * STEP_MS) / 1_000) this.#order(nowMs);
    }
    return this.#orders.filter(({ sentMs }) => sentMs >= WARM_UP_MS);
  }

  /** When what is sent now arrives, either way. */
  #arrivalMs(sentMs: number): number {
    const { stalls, delayMs } = this.#trace;
    const stall = stalls.find(({ fromMs, toMs }) => fromMs <= sentMs && sentMs < toMs);
    if (!stall) return sentMs + delayMs(sentMs);
    const lengthMs = stall.toMs - sentMs;
    const againMs = this.#random() * Math.min(lengthMs / 2, RETRANSMIT_MAX_MS);
    return stall.toMs + againMs + delayMs(stall.toMs);
  }

  #isDead(openedMs: number, nowMs: number): boolean {
    return this.#trace.halfOpensMs.some((atMs) => openedMs < atMs && atMs <= nowMs);
  }

  /** Frames come several times a second, so the path itself says what has arrived. */
  #hear(nowMs: number): void {
    const { stalls, delayMs } = this.#trace;
    if (nowMs - Math.max(this.#frame.arrivedMs, this.#streamOpenedMs) >= STREAM_SILENCE_MS) {
      this.#streamOpenedMs = nowMs;
    }
    if (this.#isDead(this.#streamOpenedMs, nowMs)) return;
    const sentMs = nowMs - delayMs(nowMs);
    const isStalled = stalls.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
    if (isStalled || sentMs <= this.#frame.sentMs) return;
    const isBack = nowMs - this.#frame.arrivedMs >= STALE_MS;
    if (isBack && this.#nextBeatMs !== null) this.#nextBeatMs = nowMs;
    this.#frame = { arrivedMs: nowMs, sentMs };
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
    this.#wire.add(this.#arrivalMs(nowMs), (arrivedMs) => {
      this.#quality = observe(this.#quality, beat, arrivedMs);
      this.#wire.add(this.#arrivalMs(arrivedMs), (answeredMs) => {
        if (answered) return;
        answered = true;
        this.#roundTripMs = answeredMs - nowMs;
        again(this.#roundTripMs);
      });
    });
  }

  #order(sentMs: number): void {
    if (this.#isDead(this.#requests.openedMs, sentMs)) return;
    const blindMs = sentMs - this.#frame.sentMs;
    this.#wire.add(this.#arrivalMs(sentMs), (arrivedMs) => {
      this.#quality = advance(this.#quality, arrivedMs);
      const { state } = this.#quality;
      this.#orders.push({ sentMs, arrivedMs, blindMs, state });
    });
  }
}
