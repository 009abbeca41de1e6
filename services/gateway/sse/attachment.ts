/** One simulator that browsers are watching through this gateway: its records and its market. */
import type { Bus, LiveMessage, Stoppable } from '@sandpit/bus/bus.ts';
import { parseSubject, subjects } from '@sandpit/bus/subjects.ts';
import type { Gate } from '@sandpit/schemas/http.ts';
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';
import { MARKET_DATA_CHANNELS } from '@sandpit/schemas/market-data.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { HeartbeatFrame, SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { rawFrame } from './frame.ts';
import { positionText } from './position.ts';
import { type AccountState, positionOf, recordFrames } from './record-frames.ts';
import { type LogEntry, RecordLog } from './record-log.ts';
import type { Stream } from './stream.ts';
import { VenueState } from './venue-state.ts';

const CHANNELS: ReadonlySet<string> = new Set(MARKET_DATA_CHANNELS);
/** Full state: what a newcomer needs first. */
const FULL_STATE: ReadonlySet<string> = new Set(['book', 'quote', 'status']);
const NEWLINE = 0x0a;

interface MarketFrame {
  symbol: string;
  channel: MarketDataChannel;
  bytes: Buffer;
}

export interface AttachmentOptions {
  bus: Bus;
  venue: VenueInfo;
  incarnation: string;
  now: () => number;
  onError(error: unknown): void;
}

export class Attachment {
  readonly venue: VenueInfo;
  readonly incarnation: string;
  readonly log: RecordLog;
  readonly state: VenueState;
  /** Streams that are in step with the log. */
  readonly streams = new Set<Stream>();
  /** Streams that still need it: those in step and those on the way there. */
  users = 0;
  gate: Gate | null = null;
  /** As last told. */
  lastVenue: HeartbeatFrame['venue'] | null = null;
  readonly #account: AccountState = { account: null, positions: new Map() };
  readonly #latest = new Map<string, MarketFrame>();
  readonly #now: () => number;
  readonly #market: Stoppable;

  constructor({ bus, venue, incarnation, now, onError }: AttachmentOptions) {
    this.venue = venue;
    this.incarnation = incarnation;
    this.state = new VenueState(now());
    this.#now = now;
    this.log = new RecordLog({
      bus,
      address: venue,
      encode: (record, sequence) => this.encode(record, sequence, this.#account),
      onRecord: (entry, record) => this.#onRecord(entry, record),
      onError,
    });
    const everything = `${subjects.marketData(venue, '*', 'book').replace(/\.\*\.book$/, '')}.>`;
    this.#market = bus.follow(everything, (message) => this.#onMarket(message));
  }

  async open(): Promise<void> {
    const record = await this.log.open();
    if (record) this.state.record(record);
  }

  /** @param account  What was known of the account before the record. */
  encode(record: EventRecord, sequence: number, account: AccountState): LogEntry {
    const id = this.idOf(sequence);
    const { bytes, count } = recordFrames(record, sequence, id, this.venue, account);
    return { sequence, n: record.n, bytes, count };
  }

  /** What a snapshot tells and no record has told yet. */
  learn({ epoch, clock, positions }: SnapshotFrame): void {
    this.state.learn(epoch, clock);
    for (const view of positions) {
      const instrument = this.venue.instruments.get(view.symbol);
      if (!instrument || this.#account.positions.has(view.symbol)) continue;
      this.#account.positions.set(view.symbol, positionOf(view, instrument));
    }
  }

  idOf(sequence: number): string {
    return positionText({ incarnation: this.incarnation, sequence });
  }

  /** Full market state as last published; empty on a gateway that has only just begun to listen. */
  latestMarket(): MarketFrame[] {
    return [...this.#latest.values()];
  }

  broadcast(bytes: Buffer): void {
    for (const stream of this.streams) stream.transient(bytes);
  }

  async close(): Promise<void> {
    this.log.close();
    this.#latest.clear();
    await this.#market.stop();
  }

  #onRecord(entry: LogEntry, record: EventRecord): void {
    const before = this.state.epoch;
    this.state.record(record);
    // What an owner published before it was replaced may be ahead of what was committed.
    if (this.state.epoch > before) this.#latest.clear();
    for (const stream of this.streams) stream.record(entry);
  }

  #onMarket({ subject, data }: LiveMessage): void {
    const { symbol, channel } = parseSubject(subject) ?? {};
    if (!symbol || !channel || !CHANNELS.has(channel) || data.includes(NEWLINE)) return;
    const epoch = epochOf(data);
    if (epoch === null || !this.state.market(epoch, this.#now())) return;
    const bytes = rawFrame(channel, data);
    if (FULL_STATE.has(channel)) {
      this.#latest.set(`${channel} ${symbol}`, { symbol, channel, bytes });
    }
    for (const stream of this.streams) stream.market(symbol, channel, bytes);
  }
}

const TAIL_BYTES = 32;

/**
 * The publisher writes the epoch last, so that a frame need not be decoded to be judged. Null for
 * what is no frame of ours.
 */
function epochOf(data: Uint8Array): number | null {
  const tail = Buffer.from(data.subarray(-TAIL_BYTES)).toString('latin1');
  const match = /"epoch":(\d{1,15})\}$/.exec(tail);
  return match ? Number(match[1]) : null;
}
