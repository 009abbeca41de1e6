/** Brings a new stream from where its client stands to where the log is, then lets it run along. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import { codeOf } from '../../platform/errors.ts';
import type { Attachment } from './attachment.ts';
import { frame } from './frame.ts';
import { type Position, type Resume, resumeFrom } from './position.ts';
import type { Stream } from './stream.ts';

/** A client further behind than this gets a snapshot: it is shorter. */
export const RECORDS_BEHIND_MAX = 2_000;
const SNAPSHOT_AGAIN_MS = 500;
/** While its worker is away a stream stays open, with heartbeats; then the client may ask afresh. */
const SNAPSHOT_PATIENCE_MS = 60_000;

export interface CatchUpSources {
  bus: Pick<Bus, 'read' | 'streamState'>;
  /** From the worker that runs the simulator. @throws problem `unavailable` while it moves. */
  snapshot(): Promise<SnapshotFrame>;
}

/** @returns  How the client was served, for the metrics; null when the stream ended meanwhile. */
export async function catchUp(
  stream: Stream,
  attachment: Attachment,
  given: Position | null,
  sources: CatchUpSources,
): Promise<Resume | null> {
  const { log, incarnation } = attachment;
  const { firstSequence } = await sources.bus.streamState('EVENTS');
  const { headSequence, ringAfter } = log;
  const way = resumeFrom(given, { incarnation, headSequence, ringAfter, firstSequence });
  stream.position = given?.sequence ?? 0;
  if (way === 'snapshot') await sendSnapshot(stream, attachment, sources);
  // What memory no longer holds; it may have moved on while we were waiting.
  while (!stream.closed && stream.position < log.ringAfter) {
    if (!(await sendStored(stream, attachment, sources))) {
      await sendSnapshot(stream, attachment, sources);
    }
  }
  if (stream.closed) return null;
  // From here on without a pause: nothing can come between.
  for (const entry of log.after(stream.position)) stream.record(entry);
  attachment.streams.add(stream);
  if (way !== 'snapshot') await sendMarket(stream, attachment, sources);
  return way;
}

/** @returns  False when there were too many; nothing has been sent then. */
async function sendStored(
  stream: Stream,
  attachment: Attachment,
  { bus }: CatchUpSources,
): Promise<boolean> {
  const account = { account: null, positions: new Map() };
  const records: { record: EventRecord; sequence: number }[] = [];
  const filter = subjects.event(attachment.venue);
  const { ringAfter } = attachment.log;
  const limit = RECORDS_BEHIND_MAX + 1;
  for await (const { body, sequence } of bus.read('EVENTS', {
    filter,
    from: stream.position + 1,
    limit,
  })) {
    records.push({ record: body as EventRecord, sequence });
  }
  if (records.length > RECORDS_BEHIND_MAX) return false;
  for (const { record, sequence } of records) {
    if (stream.closed) break;
    stream.record(attachment.encode(record, sequence, account));
    await stream.drained();
  }
  // The read went at least as far as the log was when it began.
  stream.position = Math.max(stream.position, ringAfter);
  return true;
}

async function sendSnapshot(
  stream: Stream,
  attachment: Attachment,
  sources: CatchUpSources,
): Promise<void> {
  const snapshot = await patientSnapshot(stream, sources);
  if (!snapshot || stream.closed) return;
  const { sequence, n } = snapshot;
  attachment.learn(snapshot);
  stream.position = 0;
  const bytes = frame('snapshot', snapshot, attachment.idOf(sequence));
  stream.record({ sequence, n, bytes, count: 1 });
  await stream.drained();
}

/** Null when the stream is over: the client went, or was sent away because no worker came. */
async function patientSnapshot(
  stream: Stream,
  sources: CatchUpSources,
): Promise<SnapshotFrame | null> {
  const giveUpAtMs = performance.now() + SNAPSHOT_PATIENCE_MS;
  while (!stream.closed) {
    try {
      return await sources.snapshot();
    } catch (error) {
      if (codeOf(error) !== 'unavailable') throw error;
      if (performance.now() > giveUpAtMs) stream.goaway('unavailable', 5_000);
    }
    await new Promise((resolve) => setTimeout(resolve, SNAPSHOT_AGAIN_MS));
  }
  return null;
}

/** A client that resumes has missed frames; in a quiet market the next one may be long in coming. */
async function sendMarket(
  stream: Stream,
  attachment: Attachment,
  sources: CatchUpSources,
): Promise<void> {
  const latest = attachment.latestMarket();
  for (const { symbol, channel, bytes } of latest) stream.market(symbol, channel, bytes);
  if (latest.length > 0) return;
  const snapshot = await sources.snapshot().catch(() => null);
  if (!snapshot) return;
  attachment.learn(snapshot);
  // What was published while we asked has gone to the stream already, and may be newer.
  const sent = new Set(
    attachment.latestMarket().map(({ channel, symbol }) => `${channel} ${symbol}`),
  );
  const send = (symbol: string, channel: 'quote' | 'book', bytes: Buffer) => {
    if (!sent.has(`${channel} ${symbol}`)) stream.market(symbol, channel, bytes);
  };
  for (const quote of snapshot.quotes) send(quote.symbol, 'quote', frame('quote', quote));
  for (const book of snapshot.books) send(book.symbol, 'book', frame('book', book));
}
