/** All streams of this gateway: who watches what, heartbeats, limits, and an orderly end. */
import type { ServerResponse } from 'node:http';
import type { Gate } from '@sandpit/schemas/http.ts';
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { ServiceBroker } from 'moleculer';
import { problem } from '../../platform/errors.ts';
import { liveFeed } from '../../platform/live.ts';
import { askWorker, type OwnerDirectory, ownerDirectory } from '../../platform/owners.ts';
import type { Principal } from '../../platform/tokens.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { Attachment } from './attachment.ts';
import { catchUp } from './catch-up.ts';
import { frame } from './frame.ts';
import { StreamMetrics } from './metrics.ts';
import type { Position } from './position.ts';
import { Stream } from './stream.ts';

const FLUSH_MS = 50;
const HEARTBEAT_MS = 5_000;
const WATCH_MS = 500;
/** An attachment outlives its last stream by this, for the reload that is about to come. */
const LINGER_MS = 30_000;
export const STREAMS_PER_ACCOUNT_MAX = 10;
/** A live record can be lost without a successor to show the gap: the stream is asked now and then. */
const VERIFY_EVERY_BEATS = 6;
/** Clients come back spread over this long. */
const SPREAD_MS = 2_800;
const RETRY_MIN_MS = 200;

export interface OpenRequest {
  res: ServerResponse;
  venue: VenueInfo;
  principal: Principal;
  token: string;
  given: Position | null;
}

export class StreamHub {
  readonly #broker: ServiceBroker;
  readonly #metrics: StreamMetrics;
  readonly #attachments = new Map<string, Promise<Attachment>>();
  readonly #opened = new Map<string, Attachment>();
  readonly #streams = new Map<Stream, string>();
  readonly #perAccount = new Map<string, number>();
  readonly #lastVenue = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #owners: OwnerDirectory | null = null;
  #stopLive: (() => void) | null = null;
  #beats = 0;
  #stopping = false;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
    this.#metrics = new StreamMetrics(broker);
  }

  async start(): Promise<void> {
    const { bus } = this.#broker;
    this.#owners = await ownerDirectory(this.#broker);
    this.#stopLive = liveFeed(this.#broker).listen((live) => {
      this.#opened.get(live.address.simulatorId)?.log.take(live);
    });
    bus.onConnection((connected) => {
      if (connected) this.#verifyAll();
    });
    this.#every(FLUSH_MS, () => {
      for (const stream of this.#streams.keys()) stream.flush();
    });
    this.#every(WATCH_MS, () => this.#watch());
    this.#every(HEARTBEAT_MS, () => this.#beat());
  }

  /** Takes over the response. @throws problem `tooManyStreams` before anything is written. */
  async open({ res, venue, principal, token, given }: OpenRequest): Promise<void> {
    const { accountId } = principal;
    if (this.#stopping) throw problem('unavailable', { retryAfterSeconds: 1 });
    if ((this.#perAccount.get(accountId) ?? 0) >= STREAMS_PER_ACCOUNT_MAX) {
      throw problem('tooManyStreams', { retryAfterSeconds: 5 });
    }
    this.#count(accountId, 1);
    let attachment: Attachment;
    try {
      attachment = await this.#attach(venue);
    } catch (error) {
      this.#count(accountId, -1);
      throw error;
    }
    attachment.users += 1;
    const now = () => performance.now();
    const onClose = (stream: Stream) => this.#onClose(stream, attachment, accountId);
    if (res.destroyed) return this.#abandoned(attachment, accountId);
    const stream = new Stream({ res, principal, token, now, onClose });
    this.#streams.set(stream, venue.simulatorId);
    this.#metrics.opened(this.#streams.size);
    stream.transient(this.#heartbeatOf(attachment));
    await this.#serve(stream, attachment, given);
  }

  /** Ends every stream; the clients come back spread over a few seconds. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopLive?.();
    for (const stream of this.#streams.keys()) {
      stream.goaway('drain', Math.round(RETRY_MIN_MS + Math.random() * SPREAD_MS));
    }
    const opened = [...this.#opened.values()];
    this.#attachments.clear();
    this.#opened.clear();
    await Promise.all(opened.map((attachment) => attachment.close()));
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    for (const stream of this.#streams.keys()) stream.cut();
  }

  async #serve(stream: Stream, attachment: Attachment, given: Position | null): Promise<void> {
    const { venue } = attachment;
    try {
      const way = await catchUp(stream, attachment, given, {
        bus: this.#broker.bus,
        snapshot: () => this.#snapshot(venue),
      });
      if (!way) return;
      this.#metrics.resumed(way);
      await this.#sendGate(attachment, stream);
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

  #attach(venue: VenueInfo): Promise<Attachment> {
    const { simulatorId } = venue;
    let pending = this.#attachments.get(simulatorId);
    if (!pending) {
      pending = this.#openAttachment(venue);
      this.#attachments.set(simulatorId, pending);
      pending.catch(() => this.#attachments.delete(simulatorId));
    }
    return pending;
  }

  async #openAttachment(venue: VenueInfo): Promise<Attachment> {
    const { bus, logger } = this.#broker;
    const { simulatorId } = venue;
    const { incarnation } = await bus.streamState('EVENTS');
    const attachment = new Attachment({
      bus,
      venue,
      incarnation: incarnation.replace(/[^A-Za-z0-9]/g, '').slice(0, 40),
      now: () => performance.now(),
      onError: (error) => logger.warn({ err: error, simulatorId }, 'records could not be read'),
    });
    // Listens before it looks, so that no record falls between.
    this.#opened.set(simulatorId, attachment);
    try {
      await attachment.open();
      return attachment;
    } catch (error) {
      this.#opened.delete(simulatorId);
      await attachment.close();
      throw error;
    }
  }

  #onClose(stream: Stream, attachment: Attachment, accountId: string): void {
    this.#streams.delete(stream);
    attachment.streams.delete(stream);
    this.#metrics.closed(this.#streams.size, stream);
    this.#abandoned(attachment, accountId);
  }

  #abandoned(attachment: Attachment, accountId: string): void {
    attachment.users -= 1;
    this.#count(accountId, -1);
    if (attachment.users === 0) setTimeout(() => this.#detach(attachment), LINGER_MS).unref();
  }

  #detach(attachment: Attachment): void {
    const { simulatorId } = attachment.venue;
    if (attachment.users > 0 || this.#opened.get(simulatorId) !== attachment) return;
    this.#opened.delete(simulatorId);
    this.#attachments.delete(simulatorId);
    this.#lastVenue.delete(simulatorId);
    void attachment.close();
  }

  #count(accountId: string, change: 1 | -1): void {
    const count = (this.#perAccount.get(accountId) ?? 0) + change;
    if (count > 0) this.#perAccount.set(accountId, count);
    else this.#perAccount.delete(accountId);
  }

  #heartbeatOf({ log, state, venue }: Attachment): Buffer {
    const owner = this.#owners?.ownerOf(venue.simulatorId) ?? null;
    return frame('heartbeat', {
      headN: log.headN,
      headSequence: log.headSequence,
      serverTime: new Date().toISOString(),
      venue: state.read(owner, performance.now()),
    });
  }

  #beat(): void {
    this.#beats += 1;
    const beats = new Map<string, Buffer>();
    for (const [stream, simulatorId] of this.#streams) {
      const attachment = this.#opened.get(simulatorId);
      if (!attachment) continue;
      const bytes = beats.get(simulatorId) ?? this.#heartbeatOf(attachment);
      beats.set(simulatorId, bytes);
      stream.transient(bytes);
      stream.checkProgress();
    }
    for (const attachment of this.#opened.values()) void this.#sendGate(attachment, null);
    if (this.#beats % VERIFY_EVERY_BEATS === 0) this.#verifyAll();
  }

  /** Says at once when a venue goes away or comes back, rather than at the next heartbeat. */
  #watch(): void {
    for (const [simulatorId, attachment] of this.#opened) {
      const owner = this.#owners?.ownerOf(simulatorId) ?? null;
      const venue = attachment.state.read(owner, performance.now());
      const before = this.#lastVenue.get(simulatorId);
      this.#lastVenue.set(simulatorId, venue);
      if (before !== undefined && before !== venue) {
        attachment.broadcast(this.#heartbeatOf(attachment));
      }
    }
  }

  #verifyAll(): void {
    for (const attachment of this.#opened.values()) void attachment.log.verify();
  }

  /** @param newcomer  Gets the gate in any case; everyone when it has changed. */
  async #sendGate(attachment: Attachment, newcomer: Stream | null): Promise<void> {
    const [anyone] = attachment.streams;
    const token = newcomer?.token ?? anyone?.token;
    if (!token || this.#stopping) return;
    const gate = await this.#askGate(attachment, token);
    if (!gate) return;
    const bytes = frame('gate', { gate });
    if (JSON.stringify(gate) !== JSON.stringify(attachment.gate)) attachment.broadcast(bytes);
    else newcomer?.transient(bytes);
    attachment.gate = gate;
  }

  async #askGate({ venue }: Attachment, token: string): Promise<Gate | null> {
    try {
      return await this.#broker.call<Gate, { id: string }>(
        'sessions.gate',
        { id: venue.sessionId },
        { meta: { token } },
      );
    } catch {
      // The gate is asked again in a moment; orders are judged by the service itself.
      return null;
    }
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms));
  }
}

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
