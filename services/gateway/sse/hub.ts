/** All streams of this gateway: heartbeats, limits, and an orderly end. */
import type { HeartbeatFrame, SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { ServiceBroker } from 'moleculer';
import { codeOf, problem } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { liveFeed } from '../../platform/live.ts';
import { askOthers } from '../../platform/mesh.ts';
import { askWorker, type OwnerDirectory, ownerDirectory } from '../../platform/owners.ts';
import { type OpenStream, presenceOf } from '../../platform/presence.ts';
import type { Principal } from '../../platform/tokens.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { faultyCarrier } from '../lab/carrier.ts';
import { gatewayLabs, type WatchingStream } from '../lab/labs.ts';
import { watching } from '../lab/watching.ts';
import type { Attachment } from './attachment.ts';
import { Attachments } from './attachments.ts';
import type { OpenCarrier } from './carrier.ts';
import { catchUp } from './catch-up.ts';
import { frame } from './frame.ts';
import { Gates } from './gates.ts';
import { StreamMetrics } from './metrics.ts';
import type { Position } from './position.ts';
import { Stream } from './stream.ts';

const FLUSH_MS = 50;
const HEARTBEAT_MS = 5_000;
const WATCH_MS = 500;
export const STREAMS_PER_ACCOUNT_MAX = 10;
const ASK_MS = 300;
/** As long as a simulator takes that wakes. */
const WAKE_MS = 1_000;
/** A live record can be lost without a successor to show the gap: the stream is asked now and then. */
const VERIFY_EVERY_BEATS = 6;
/** A simulator whose stream is open is not put away; it hears so this often. */
const ATTEND_EVERY_BEATS = 12;
/** Clients come back spread over this long. */
const SPREAD_MS = 2_800;
const RETRY_MIN_MS = 600;

export interface OpenRequest {
  carrier: OpenCarrier;
  transport: OpenStream['transport'];
  /** Whether the client has left meanwhile. */
  isGone(): boolean;
  venue: VenueInfo;
  principal: Principal;
  token: string;
  given: Position | null;
}

export class StreamHub {
  readonly #broker: ServiceBroker;
  readonly #metrics: StreamMetrics;
  readonly #gates: Gates;
  /** Each with what it watches. */
  readonly #streams = new Map<Stream, Attachment>();
  readonly #perAccount = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #attachments: Attachments | null = null;
  #owners: OwnerDirectory | null = null;
  #stopLive: (() => void) | null = null;
  #beats = 0;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
    this.#metrics = new StreamMetrics(broker);
    this.#gates = new Gates(broker);
  }

  async start(): Promise<void> {
    const { bus, logger } = this.#broker;
    this.#owners = await ownerDirectory(this.#broker);
    const attachments = new Attachments(bus, (err, simulatorId) =>
      logger.warn({ err, simulatorId }, 'records could not be read'),
    );
    this.#attachments = attachments;
    this.#stopLive = liveFeed(this.#broker).listen((live) => attachments.take(live));
    bus.onConnection((connected) => {
      if (connected) this.#verifyAll();
    });
    this.#every(FLUSH_MS, () => {
      for (const stream of this.#streams.keys()) stream.flush();
    });
    this.#every(WATCH_MS, () => this.#watch());
    this.#every(HEARTBEAT_MS, () => this.#beat());
  }

  /**
   * Opens the carrier and feeds it from then on.
   *
   * @returns  Null when the client has left. @throws problem `tooManyStreams`, `quotaExceeded` before the carrier is opened.
   */
  async open({
    carrier,
    transport,
    isGone,
    venue,
    principal,
    token,
    given,
  }: OpenRequest): Promise<Stream | null> {
    const { accountId } = principal;
    const attachments = this.#attachments;
    if (!attachments) throw problem('unavailable', { retryAfterSeconds: 1 });
    if ((this.#perAccount.get(accountId) ?? 0) >= STREAMS_PER_ACCOUNT_MAX) {
      throw problem('tooManyStreams', { retryAfterSeconds: 5 });
    }
    // One that comes back is told that it was put away; one that begins wants it awake.
    if (!given) await this.#wake(venue);
    this.#count(accountId, 1);
    await this.#checkElsewhere(accountId);
    let attachment: Attachment;
    try {
      attachment = await attachments.acquire(venue);
    } catch (error) {
      this.#count(accountId, -1);
      throw error;
    }
    const leave = () => {
      attachments.release(attachment);
      this.#count(accountId, -1);
    };
    if (isGone()) {
      leave();
      return null;
    }
    const now = () => performance.now();
    let depart = () => {};
    let leaveLab: (wasTooSlow: boolean) => void = () => {};
    const onClose = (closed: Stream) => {
      this.#onClose(closed, attachment);
      leave();
      depart();
      leaveLab(closed.tooSlow);
    };
    const faulty = faultyCarrier(carrier, now);
    const stream = new Stream({ carrier: faulty.open, principal, token, now, onClose });
    depart = presenceOf(this.#broker).enter(openStreamOf(stream, venue, transport));
    const watched = watching(stream, faulty.line, attachment);
    leaveLab = gatewayLabs(this.#broker).enter(venue.sessionId, watched);
    this.#streams.set(stream, attachment);
    this.#metrics.opened(this.#streams.size);
    stream.transient(this.#heartbeatOf(attachment));
    this.#attend(attachment);
    void this.#serve(stream, attachment, given, watched);
    return stream;
  }

  /** Those of other gateways count, too; one that does not answer soon is not waited for. */
  async #checkElsewhere(accountId: string): Promise<void> {
    type Streams = { items: unknown[] };
    const action = 'sessions.streams';
    const { answers } = await askOthers<Streams>(this.#broker, action, { accountId }, ASK_MS);
    const elsewhere = answers.reduce((sum, { items }) => sum + items.length, 0);
    if (elsewhere + (this.#perAccount.get(accountId) ?? 0) <= STREAMS_PER_ACCOUNT_MAX) return;
    this.#count(accountId, -1);
    throw problem('tooManyStreams', { retryAfterSeconds: 5 });
  }

  /** Ends every stream; the clients come back spread over a few seconds. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopLive?.();
    const attachments = this.#attachments;
    this.#attachments = null;
    for (const stream of this.#streams.keys()) {
      stream.goaway('drain', Math.round(RETRY_MIN_MS + Math.random() * SPREAD_MS));
    }
    await attachments?.close();
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    for (const stream of this.#streams.keys()) stream.cut();
  }

  async #serve(
    stream: Stream,
    attachment: Attachment,
    given: Position | null,
    watched: WatchingStream,
  ): Promise<void> {
    const { venue } = attachment;
    try {
      const way = await catchUp(stream, attachment, given, {
        bus: this.#broker.bus,
        snapshot: () => this.#snapshot(venue),
      });
      if (!way || !this.#attachments) return;
      this.#metrics.resumed(way);
      await this.#gates.tell(attachment, stream);
      await gatewayLabs(this.#broker).synced(venue, watched, given?.sequence ?? null);
    } catch (error) {
      this.#broker.logger.warn({ err: error, simulatorId: venue.simulatorId }, 'stream failed');
      stream.goaway('failed', 1_000);
    }
  }

  async #snapshot({ simulatorId, accountId }: VenueInfo): Promise<SnapshotFrame> {
    const snapshot = await askWorker<SnapshotFrame | null>(
      this.#broker,
      simulatorId,
      'simulator.snapshot',
      { accountId },
    );
    // Its first record is still being written.
    if (!snapshot) throw problem('unavailable');
    return snapshot;
  }

  #onClose(stream: Stream, attachment: Attachment): void {
    this.#streams.delete(stream);
    attachment.streams.delete(stream);
    this.#metrics.closed(this.#streams.size, stream);
  }

  #count(accountId: string, change: 1 | -1): void {
    const count = (this.#perAccount.get(accountId) ?? 0) + change;
    if (count > 0) this.#perAccount.set(accountId, count);
    else this.#perAccount.delete(accountId);
  }

  #venueOf({ state, venue }: Attachment): HeartbeatFrame['venue'] {
    return state.read(this.#owners?.ownerOf(venue.simulatorId) ?? null, performance.now());
  }

  #heartbeatOf(attachment: Attachment): Buffer {
    const { headN, headSequence } = attachment.log;
    const serverTime = new Date().toISOString();
    return frame('heartbeat', {
      headN,
      headSequence,
      serverTime,
      venue: this.#venueOf(attachment),
    });
  }

  #beat(): void {
    this.#beats += 1;
    const beats = new Map<Attachment, Buffer>();
    for (const [stream, attachment] of this.#streams) {
      const bytes = beats.get(attachment) ?? this.#heartbeatOf(attachment);
      beats.set(attachment, bytes);
      stream.transient(bytes);
      stream.checkProgress();
    }
    for (const attachment of beats.keys()) void this.#gates.tell(attachment, null);
    if (this.#beats % VERIFY_EVERY_BEATS === 0) this.#verifyAll();
    if (this.#beats % ATTEND_EVERY_BEATS === 0) {
      for (const attachment of beats.keys()) this.#attend(attachment);
    }
  }

  /** Says at once when a venue goes away or comes back, rather than at the next heartbeat. */
  #watch(): void {
    for (const attachment of this.#attachments?.all() ?? []) {
      const venue = this.#venueOf(attachment);
      if (attachment.lastVenue !== null && attachment.lastVenue !== venue) {
        this.#broadcast(attachment, this.#heartbeatOf(attachment));
      }
      attachment.lastVenue = venue;
    }
  }

  /** To all of its streams, also those that still wait for their snapshot. */
  #broadcast(attachment: Attachment, bytes: Buffer): void {
    for (const [stream, watched] of this.#streams) {
      if (watched === attachment) stream.transient(bytes);
    }
  }

  /** Somebody watches, so it stays awake, if it is. Said again soon, should it be lost. */
  #attend({ venue: { simulatorId, accountId } }: Attachment): void {
    askWorker(this.#broker, simulatorId, 'simulator.attend', { accountId }).catch(() => undefined);
  }

  /**
   * A worker that is away is not waited for: the stream says so itself.
   *
   * @throws problem `quotaExceeded`: it was put away, and its account runs as many as it may.
   */
  async #wake({ simulatorId, accountId }: VenueInfo): Promise<void> {
    const asked = askWorker(this.#broker, simulatorId, 'simulator.wake', { accountId });
    const refused = asked.then(
      () => null,
      (error: unknown) => (codeOf(error) === 'quotaExceeded' ? error : null),
    );
    const { promise: over, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, WAKE_MS, null);
    const refusal = await Promise.race([refused, over]);
    clearTimeout(timer);
    if (refusal) throw refusal;
  }

  #verifyAll(): void {
    for (const attachment of this.#attachments?.all() ?? []) void attachment.log.verify();
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms));
  }
}

const openStreamOf = (
  stream: Stream,
  { simulatorId, sessionId, accountId }: VenueInfo,
  transport: OpenStream['transport'],
): OpenStream => ({
  id: newId(),
  sessionId,
  simulatorId,
  accountId,
  get loginId() {
    return stream.principal.loginId;
  },
  transport,
  openedAtMs: Date.now(),
  end: (reason: string, retryMs: number) => stream.goaway(reason, retryMs),
  notice: (notice) => stream.notice(notice),
});

const hubs = new WeakMap<ServiceBroker, StreamHub>();

/** The gateway's hub; started and stopped by its service. */
export function streamHub(broker: ServiceBroker): StreamHub {
  let hub = hubs.get(broker);
  if (!hub) {
    hub = new StreamHub(broker);
    hubs.set(broker, hub);
  }
  return hub;
}
