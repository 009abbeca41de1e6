/**
 * One lab at work in this gateway: its plan, its luck, the streams it acts on, and what it counts. It
 * ends by its own timer, whatever becomes of everyone else.
 */
import type { Lab } from '@sandpit/schemas/lab.ts';
import type { LabCounts, LabRecord, OpenOutage } from '../../platform/labs.ts';
import type { FaultyLine } from './carrier.ts';
import { CLEAR, type Conditions, conditionsAt, nextChangeMs, type Plan } from './conditions.ts';
import { type Fate, fateOf, streamDelayMs } from './fate.ts';
import { type SubmissionBook, Submissions } from './submissions.ts';
import { UnderWay } from './under-way.ts';

/** One stream, as a lab sees it. */
export interface LabStream {
  readonly simulatorId: string;
  readonly line: FaultyLine;
  /** Sequence of the last record that it has sent. */
  readonly position: number;
  cut(): void;
  /** Stops its market data, or shows the newest and goes on. */
  freeze(frozen: boolean): void;
}

export interface RoomEffects {
  now(): number;
  /** Wall time, ms since the epoch. */
  wallNow(): number;
  /** Its streams, those of the session in this gateway. */
  streams(): Iterable<LabStream>;
  /** Its own unless given. */
  submissions?: SubmissionBook;
  onBlind(outage: OpenOutage): void;
  onCounts(counts: LabCounts): void;
  /** It is over; nobody has to say so. */
  onEnd(): void;
}

const NO_COUNTS: LabCounts = {
  requests: 0,
  requestsLost: 0,
  answersLost: 0,
  refused: 0,
  repeatsSent: 0,
  duplicatesSent: 0,
  cancelsMissed: 0,
};
const TELL_MS = 1_000;
/** A request that is held looks this often whether its client has gone. */
const HELD_LOOK_MS = 250;
/** No client waits for longer; what would wait is dropped, as a full queue does it. */
const LINE_FULL_MS = 30_000;
/** Requests that wait in one lab at once; a connection more is cut. */
export const WAITING_MAX = 200;

export class Room {
  readonly labId: string;
  readonly accountId: string;
  readonly startedAtMs: number;
  readonly plan: Plan;
  readonly submissions: SubmissionBook;
  readonly underWay = new UnderWay();
  /** Answers to questions about the market, as they were when it began to stand still. */
  readonly frozen = new Map<string, unknown>();
  readonly #seed: number;
  readonly #effects: RoomEffects;
  /** `now` at which it began; a host clock that jumps does not prolong it. */
  readonly #beganMs: number;
  readonly #waiters = new Set<() => void>();
  conditions: Conditions = CLEAR;
  /** When the last of the answers is through. */
  #lineFreeMs = 0;
  #ended = false;
  #requests = 0;
  #pieces = 0;
  #counts = { ...NO_COUNTS };
  #changeTimer: NodeJS.Timeout | undefined;
  #tellTimer: NodeJS.Timeout | undefined;

  constructor({ lab, accountId }: LabRecord, effects: RoomEffects) {
    this.labId = lab.id;
    this.accountId = accountId;
    this.startedAtMs = Date.parse(lab.startedAt);
    this.plan = planOf(lab);
    this.#seed = lab.seed;
    this.#effects = effects;
    this.submissions = effects.submissions ?? new Submissions();
    this.#beganMs = effects.now() - (effects.wallNow() - this.startedAtMs);
    this.#turn();
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Since it began. */
  get elapsedMs(): number {
    return this.#effects.now() - this.#beganMs;
  }

  /** The fate of the next request. */
  next(): Fate {
    this.count('requests');
    const index = this.#requests++;
    return fateOf(this.#seed, index, this.conditions);
  }

  count(what: keyof LabCounts, times = 1): void {
    if (times === 0) return;
    this.#counts[what] += times;
    this.#tellTimer ??= setTimeout(() => this.#tell(), TELL_MS);
  }

  /** A stream that opens now. */
  admit(stream: LabStream): void {
    const { toClient, bookStale } = this.conditions;
    stream.line.set(this.conditions, this.#draw);
    stream.freeze(bookStale);
    if (toClient === 'held') stream.line.die();
    else if (toClient === 'cut') stream.cut();
  }

  /** A stream has been cut off because its reader fell behind: without another one it is blind. */
  lost({ simulatorId, position, line }: LabStream): void {
    if (line.isDead || this.#ended) return;
    const others = [...this.#effects.streams()].filter((each) => !each.line.isDead);
    if (others.some((each) => each.simulatorId === simulatorId)) return;
    const beganAtMs = this.#effects.wallNow();
    this.#effects.onBlind({ simulatorId, beganAtMs, afterSequence: position });
  }

  /** Waits, at most until the lab ends. @returns false when there is no room to wait. */
  async wait(ms: number): Promise<boolean> {
    if (this.#ended || ms <= 0) return true;
    return this.#park((done) => {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    });
  }

  /**
   * Takes an answer over a narrow line, one after the other; at its end at once.
   *
   * @returns false when the line is too full, or there is no room to wait.
   */
  async carry(bytes: number): Promise<boolean> {
    const { bytesPerSecond } = this.conditions;
    if (this.#ended || bytesPerSecond === Infinity) return true;
    const nowMs = this.#effects.now();
    const freeMs = Math.max(nowMs, this.#lineFreeMs) + (bytes / bytesPerSecond) * 1_000;
    if (freeMs - nowMs > LINE_FULL_MS) return false;
    this.#lineFreeMs = freeMs;
    return this.wait(freeMs - nowMs);
  }

  /** Waits until that way is no longer held. @returns false when there is no room to wait. */
  async held(way: 'toVenue' | 'toClient', isGone: () => boolean): Promise<boolean> {
    while (!this.#ended && !isGone() && this.conditions[way] === 'held') {
      if (!(await this.wait(HELD_LOOK_MS))) return false;
    }
    return true;
  }

  /** Ends it: everything that waits goes on, and the streams are as they were. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.conditions = CLEAR;
    clearTimeout(this.#changeTimer);
    for (const wake of this.#waiters) wake();
    this.frozen.clear();
    for (const stream of this.#effects.streams()) this.#free(stream);
    this.#tell();
    this.#effects.onEnd();
  }

  readonly #draw = (): number => streamDelayMs(this.#seed, this.#pieces++, this.conditions);

  /** Sets the conditions of now, and comes back when they change. */
  #turn(): void {
    const { elapsedMs } = this;
    const nextMs = nextChangeMs(this.plan, elapsedMs);
    if (nextMs === null) {
      this.end();
      return;
    }
    this.conditions = conditionsAt(this.plan, elapsedMs);
    if (!this.conditions.bookStale) this.frozen.clear();
    this.#apply();
    const waitMs = Math.max(1, Math.ceil(nextMs - elapsedMs));
    this.#changeTimer = setTimeout(() => this.#turn(), waitMs);
  }

  #apply(): void {
    const { toClient, bookStale } = this.conditions;
    const blinded = new Map<string, number>();
    for (const stream of [...this.#effects.streams()]) {
      const { simulatorId, position, line } = stream;
      const sees = !line.isDead;
      line.set(this.conditions, this.#draw);
      stream.freeze(bookStale);
      if (toClient === 'open') continue;
      if (sees) blinded.set(simulatorId, Math.max(position, blinded.get(simulatorId) ?? 0));
      if (toClient === 'cut') stream.cut();
      else line.die();
    }
    const beganAtMs = this.#effects.wallNow();
    for (const [simulatorId, afterSequence] of blinded) {
      this.#effects.onBlind({ simulatorId, beganAtMs, afterSequence });
    }
  }

  #free(stream: LabStream): void {
    // What a dead connection has swallowed is lost: only a new one can mend that.
    if (stream.line.isDead) {
      stream.cut();
      return;
    }
    stream.line.set(CLEAR, () => 0);
    stream.freeze(false);
  }

  #tell(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    const counts = this.#counts;
    this.#counts = { ...NO_COUNTS };
    if (Object.values(counts).some((n) => n > 0)) this.#effects.onCounts(counts);
  }

  async #park(start: (done: () => void) => () => void): Promise<boolean> {
    if (this.#waiters.size >= WAITING_MAX) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = start(resolve);
    this.#waiters.add(resolve);
    await promise;
    this.#waiters.delete(resolve);
    stop();
    return true;
  }
}

function planOf({ startedAt, endsAt, faults }: Lab): Plan {
  return { lengthMs: Date.parse(endsAt) - Date.parse(startedAt), faults };
}
