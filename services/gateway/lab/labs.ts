/** The network labs of this gateway: which are at work on which sessions, and what they learn. */
import type { PositionView } from '@sandpit/schemas/http.ts';
import type { Lab } from '@sandpit/schemas/lab.ts';
import type { ServiceBroker } from 'moleculer';
import {
  LAB_CHANGED,
  type LabRecord,
  type OpenOutage,
  type OutageEnd,
} from '../../platform/labs.ts';
import { Lru } from '../../platform/lru.ts';
import { askWorker } from '../../platform/owners.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { sightSinceMs } from './conditions.ts';
import { type Missed, missedIn } from './measure.ts';
import { Reports } from './reports.ts';
import { type LabStream, Room } from './room.ts';
import { SharedSubmissions } from './shared-submissions.ts';

/** An announcement can be lost: the list is asked for this often. */
const LOOK_MS = 2_000;
const RECORDS_MAX = 10_000;
/** A newcomer is told of a lab that ended so recently. */
const NEWS_MS = 600_000;

/** By then every gateway has put the fault on its own streams, too. */
const HEARD_MS = 1_000;
/** By then an outage that has begun is in the list, or never will be. */
const UNTOLD_MS = 5_000;

/** A stream that can be told things. */
export interface WatchingStream extends LabStream {
  tell(record: LabRecord): void;
}

interface InStep {
  venue: VenueInfo;
  givenSequence: number | null;
}

export class GatewayLabs {
  readonly #broker: ServiceBroker;
  readonly #reports: Reports;
  readonly #rooms = new Map<string, Room>();
  readonly #records = new Lru<string, LabRecord>(RECORDS_MAX);
  readonly #streams = new Map<string, Set<WatchingStream>>();
  /** Those that are up to date, with what their clients had when they came. */
  readonly #inStep = new WeakMap<WatchingStream, InStep>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #stopped = false;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
    this.#reports = new Reports({
      call: (action, params) => broker.call(action, params),
      now: () => performance.now(),
      isDoubtful: (error) => (error as { type?: string }).type === 'REQUEST_TIMEOUT',
      onTrouble: (err, action) => broker.logger.warn({ err, action }, 'a lab was not noted yet'),
    });
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const room of [...this.#rooms.values()]) room.end();
  }

  /** Nothing to do for anybody: the usual case, to be asked first. */
  get isIdle(): boolean {
    return this.#rooms.size === 0;
  }

  /** The lab at work on a session of that account. */
  roomOf(sessionId: string, accountId: string): Room | null {
    const room = this.#rooms.get(sessionId);
    return room?.accountId === accountId ? room : null;
  }

  /** What is known now of the newest lab of a session. Late and repeated news change nothing. */
  take(record: LabRecord): void {
    const { lab } = record;
    const known = this.#records.get(lab.sessionId);
    if (known && known.lab.startedAt > lab.startedAt) return;
    const isSame = known?.lab.id === lab.id;
    if (isSame && known.lab.state === 'ended' && lab.state === 'running') return;
    const outages = isSame ? [...record.outages, ...untold(known, record)] : record.outages;
    this.#records.set(lab.sessionId, { ...record, outages });
    const room = this.#rooms.get(lab.sessionId);
    if (room && (room.labId !== lab.id || lab.state === 'ended')) room.end();
    if (!isSame || isNews(known.lab, lab))
      for (const stream of this.#of(lab.sessionId)) stream.tell(record);
    if (lab.state === 'running' && this.#rooms.get(lab.sessionId)?.labId !== lab.id) {
      this.#open(record);
    }
    this.#settle(lab.sessionId);
  }

  /**
   * Ends the lab of a session on all gateways, when it cannot be written down that it has ended. The
   * row ends by its own time.
   *
   * @returns  It, or null when none of that account is known here.
   */
  abandon(sessionId: string, accountId: string): Lab | null {
    const record = this.#records.get(sessionId);
    if (!record || record.accountId !== accountId) return null;
    if (record.lab.state === 'ended') return record.lab;
    const endedAt = new Date().toISOString();
    const lab: Lab = { ...record.lab, state: 'ended', endedAt, endedBy: 'trader' };
    void this.#broker.broadcast(LAB_CHANGED, { ...record, lab });
    this.take({ ...record, lab });
    return lab;
  }

  /** A stream that opens. @returns to be called when it has closed, and whether it was too slow. */
  enter(sessionId: string, stream: WatchingStream): (wasTooSlow: boolean) => void {
    const streams = this.#streams.get(sessionId) ?? new Set();
    this.#streams.set(sessionId, streams.add(stream));
    this.#rooms.get(sessionId)?.admit(stream);
    return (wasTooSlow) => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(sessionId) === streams) {
        this.#streams.delete(sessionId);
      }
      if (wasTooSlow) this.#rooms.get(sessionId)?.lost(stream);
    };
  }

  /**
   * A stream is up to date: its client sees again.
   *
   * @param givenSequence  What the client had when it came; null = nothing.
   */
  async synced(
    venue: VenueInfo,
    stream: WatchingStream,
    givenSequence: number | null,
  ): Promise<void> {
    const record = this.#records.get(venue.sessionId);
    if (record && record.accountId !== venue.accountId) return;
    this.#inStep.set(stream, { venue, givenSequence });
    if (!record) return;
    const endedAgoMs = Date.now() - Date.parse(record.lab.endedAt ?? record.lab.endsAt);
    if (endedAgoMs < NEWS_MS) stream.tell(record);
    await this.#see(record, stream);
  }

  /** A client may have come back here before this gateway heard that it had been away. */
  #settle(sessionId: string): void {
    const record = this.#records.get(sessionId);
    if (!record?.outages.some(({ beganAtMs }) => beganAtMs < Date.now() - HEARD_MS)) return;
    for (const stream of this.#of(sessionId)) void this.#see(record, stream);
  }

  /** Ends the outage of a client that sees again. */
  async #see(record: LabRecord, stream: WatchingStream): Promise<void> {
    const known = this.#inStep.get(stream);
    const room = this.#rooms.get(record.lab.sessionId);
    if (!known || stream.line.isDead || (room && room.conditions.toClient !== 'open')) return;
    const outage = record.outages.find((each) => each.simulatorId === stream.simulatorId);
    if (!outage) return;
    record.outages = record.outages.filter((each) => each !== outage);
    void room?.submissions.synced();
    const afterSequence = known.givenSequence ?? outage.afterSequence;
    await this.#measure(record, { ...outage, afterSequence }, stream.position, known.venue);
  }

  #of(sessionId: string): readonly WatchingStream[] {
    return [...(this.#streams.get(sessionId) ?? [])];
  }

  #open(record: LabRecord): void {
    if (this.#stopped) return;
    const { sessionId, id } = record.lab;
    // Before the constructor runs its first turn, nothing can have ended it.
    const room: Room = new Room(record, {
      now: () => performance.now(),
      wallNow: () => Date.now(),
      streams: () => this.#of(sessionId),
      submissions: new SharedSubmissions(this.#broker.cache, id),
      onBlind: (outage) => this.#blind(sessionId, id, outage),
      onCounts: (counts) => this.#reports.say('sessions.countLab', { labId: id, ...counts }, false),
      onEnd: () => {
        if (this.#rooms.get(sessionId)?.labId === id) this.#rooms.delete(sessionId);
      },
    });
    if (!room.hasEnded) this.#rooms.set(sessionId, room);
  }

  #blind(sessionId: string, labId: string, outage: OpenOutage): void {
    const record = this.#records.get(sessionId);
    const isKnown = record?.outages.some((each) => each.simulatorId === outage.simulatorId);
    if (!record || isKnown) return;
    record.outages = [...record.outages, outage];
    this.#reports.say('sessions.beginOutage', { labId, ...outage }, true);
  }

  async #measure(
    { lab }: LabRecord,
    outage: OpenOutage,
    upTo: number,
    venue: VenueInfo,
  ): Promise<void> {
    const syncedAtMs = Date.now();
    const startedAtMs = Date.parse(lab.startedAt);
    const endedAtMs = Date.parse(lab.endedAt ?? lab.endsAt);
    const plan = { lengthMs: endedAtMs - startedAtMs, faults: lab.faults };
    const sinceMs = startedAtMs + sightSinceMs(plan, syncedAtMs - startedAtMs);
    let missed: Missed = { fillsMissed: 0, exposureWorstMicros: 0, exposureSecondsMicros: 0 };
    try {
      missed = await missedIn(outage, upTo, syncedAtMs, venue, {
        bus: this.#broker.bus,
        positions: async ({ simulatorId, accountId }) => {
          const params = { simulatorId, accountId };
          type Items = { items: PositionView[] };
          const ask = askWorker<Items>(this.#broker, simulatorId, 'simulator.positions', params);
          return (await ask).items;
        },
      });
    } catch (err) {
      this.#broker.logger.warn({ err, labId: lab.id }, 'what a client missed is not known');
    }
    const end: OutageEnd = {
      syncedAtMs,
      resyncMs: Math.max(0, syncedAtMs - Math.max(sinceMs, outage.beganAtMs)),
      ...missed,
    };
    const params = { labId: lab.id, simulatorId: outage.simulatorId, ...end };
    this.#reports.say('sessions.endOutage', params, true);
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    void this.#reports.send();
    const before = new Map([...this.#rooms].map(([sessionId, { labId }]) => [sessionId, labId]));
    try {
      const { items } = await this.#broker.call<{ items: LabRecord[] }, object>(
        'sessions.openLabs',
        {},
      );
      for (const record of items) this.take(record);
      const running = new Set(items.filter((r) => r.lab.state === 'running').map((r) => r.lab.id));
      for (const [sessionId, labId] of before) {
        const room = this.#rooms.get(sessionId);
        if (room?.labId === labId && !running.has(labId)) room.end();
      }
    } catch {
      // It is asked again; those at work end by their own timers.
    }
    this.#looking = false;
  }
}

/** Whether streams are told: what counts its requests is not news. */
function isNews(before: Lab, { state, score }: Lab): boolean {
  if (before.state !== state || before.score.isBlind !== score.isBlind) return true;
  const settled = (each: Lab['score']) => JSON.stringify({ ...each, blindMs: 0 });
  return state === 'ended' && settled(before.score) !== settled(score);
}

/** Outages that began a moment ago and are not written down yet. */
function untold(known: LabRecord, { outages }: LabRecord): OpenOutage[] {
  const sinceMs = Date.now() - UNTOLD_MS;
  return known.outages.filter(
    ({ simulatorId, beganAtMs }) =>
      beganAtMs > sinceMs && !outages.some((each) => each.simulatorId === simulatorId),
  );
}

const labs = new WeakMap<ServiceBroker, GatewayLabs>();

/** The gateway's own; started and stopped by its service. */
export function gatewayLabs(broker: ServiceBroker): GatewayLabs {
  let own = labs.get(broker);
  if (!own) {
    own = new GatewayLabs(broker);
    labs.set(broker, own);
  }
  return own;
}
