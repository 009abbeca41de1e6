/**
 * Appends the next record of a subject and says for certain whether it is in the log.
 *
 * An answer that did not come, "duplicate" and "wrong last sequence" can all mean that an earlier try
 * of ours was stored; only the log knows, so it is read back.
 */
import { type Bus, BusError, type Published, type StoredMessage } from './bus.ts';
import type { StreamName } from './streams.ts';

export interface AppendOptions {
  /** De-duplication id: the same for every try, and for no other record. */
  id: string;
  /** Stream sequence of the subject's last message as the writer knows it; 0 = none. */
  after: number;
  headers?: Record<string, string>;
  /** Of one try. */
  timeoutMs: number;
  /** On `nowMs`'s clock: no further try then. The writer's lease ends here at the latest. */
  giveUpAtMs: number;
  nowMs(): number;
  sleep(durationMs: number): Promise<void>;
  /** Whether the newest stored message is the record being appended (compare hashes). */
  isMine(message: StoredMessage): boolean;
}

/**
 * - `committed`: stored, as the newest of its subject.
 * - `fenced`: another writer's record follows `after`, or nobody could say in time. The writer must
 *   forget its state and begin again from the log; its record may still be found there.
 */
export type AppendOutcome =
  | { outcome: 'committed'; sequence: number }
  | { outcome: 'fenced'; cause: FenceCause; reason: string };

/**
 * - `conflict`: another record stands where this one was to stand.
 * - `unanswered`: nobody could say in time.
 * - `idTaken`: its id was used for another record.
 */
export type FenceCause = 'conflict' | 'unanswered' | 'idTaken';

const FIRST_PAUSE_MS = 20;
const PAUSE_MAX_MS = 100;

/** @throws BusError `full` or `refused` when the log will not take the record; it is not stored. */
export async function appendRecord(
  bus: Pick<Bus, 'publish' | 'last'>,
  stream: StreamName,
  subject: string,
  body: unknown,
  options: AppendOptions,
): Promise<AppendOutcome> {
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const decided = await tryOnce(bus, stream, subject, body, options);
    if (decided) return decided;
    if (options.nowMs() + pauseMs >= options.giveUpAtMs) {
      const reason = 'no certain answer before the lease ends';
      return { outcome: 'fenced', cause: 'unanswered', reason };
    }
    await options.sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
  }
}

/** Null: not known yet, the identical publish may be repeated. */
async function tryOnce(
  bus: Pick<Bus, 'publish' | 'last'>,
  stream: StreamName,
  subject: string,
  body: unknown,
  options: AppendOptions,
): Promise<AppendOutcome | null> {
  const { id, after, headers, timeoutMs } = options;
  const publishOptions = { stream, id, after, timeoutMs, ...(headers && { headers }) };
  const published = await attempt(() => bus.publish(subject, body, publishOptions));
  if (isPublished(published) && !published.duplicate) {
    return { outcome: 'committed', sequence: published.sequence };
  }
  // Nothing can be in the log that was never sent, and nothing can be read back while away.
  if (isFailure(published, 'unavailable') || isFailure(published, 'unknown')) return null;

  const last = await attempt(() => bus.last(stream, subject));
  if (last instanceof BusError) return null;
  const decided = readBack(last, options);
  if (decided) return decided;
  if (!(published instanceof BusError)) {
    const reason = `the id ${id} was used for another record`;
    return { outcome: 'fenced', cause: 'idTaken', reason };
  }
  // An earlier try is not there and this one was turned down for good.
  if (published.failure !== 'conflict') throw published;
  return null;
}

/** Null: the subject stands where it stood, so some try may still be on its way inside the server. */
function readBack(
  last: StoredMessage | null,
  { after, isMine }: AppendOptions,
): AppendOutcome | null {
  const sequence = last?.sequence ?? 0;
  if (last && sequence > after && isMine(last)) return { outcome: 'committed', sequence };
  if (sequence === after) return null;
  const reason = `sequence ${sequence} follows ${after} and is not ours`;
  return { outcome: 'fenced', cause: 'conflict', reason };
}

/** The bus's failures as values; anything else is a defect and thrown on. */
async function attempt<T>(call: () => Promise<T>): Promise<T | BusError> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BusError) return error;
    throw error;
  }
}

const isPublished = (answer: Published | BusError): answer is Published =>
  !(answer instanceof BusError);
const isFailure = (answer: Published | BusError, failure: BusError['failure']) =>
  answer instanceof BusError && answer.failure === failure;
