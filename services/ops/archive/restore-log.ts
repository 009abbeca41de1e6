/**
 * Writes a simulator's log anew, behind what is damaged, and only then removes the damage. Until its
 * last record stands, each one says that the log is not complete, and nobody runs it; the subject is
 * never empty, so nobody can begin another log in its place. It may be repeated.
 */
import { appendRecord } from '@sandpit/bus/append.ts';
import type { Bus } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Kept } from './chain.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
const GIVE_UP_AFTER_MS = 10_000;

export interface RestoreTime {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Somebody else writes this log, or the server does not answer for long. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/**
 * @param after    Newest sequence of its subject when `records` were put together; what was stored since
 *                 would be lost, so it is refused then.
 * @param attempt  Never used before, for this simulator.
 * @returns the sequence of the last record.
 * @throws RestoreError, BusError; the log is not complete then, and the call may be repeated.
 */
export async function restoreLog(
  bus: Pick<Bus, 'publish' | 'last' | 'purge'>,
  address: SimulatorAddress,
  records: readonly Kept[],
  after: number,
  attempt: string,
  time: RestoreTime,
): Promise<number> {
  const subject = subjects.event(address);
  let newest = after;
  let first = 0;
  for (const [i, { data, record }] of records.entries()) {
    const behind = newest;
    const result = await appendRecord(bus, 'EVENTS', subject, data, {
      id: `${address.simulatorId}/${attempt}/${record.n}`,
      after: behind,
      headers: headersOf(records[i + 1]?.record),
      timeoutMs: PUBLISH_TIMEOUT_MS,
      giveUpAtMs: time.nowMs() + GIVE_UP_AFTER_MS,
      nowMs: time.nowMs,
      sleep: time.sleep,
      isMine: ({ body, sequence }) =>
        sequence > behind && (body as EventRecord).hash === record.hash,
    });
    if (result.outcome === 'fenced') throw new RestoreError(`Record ${record.n}: ${result.reason}`);
    newest = result.sequence;
    first ||= newest;
  }
  await bus.purge('EVENTS', subject, first);
  return newest;
}

/** Where the record stood before is what its successor names. */
function headersOf(next: EventRecord | undefined): Record<string, string> {
  if (!next) return { [HEADERS.restored]: '0' };
  return { [HEADERS.restored]: `${next.previousSequence}`, [HEADERS.forking]: 'yes' };
}
