/**
 * Turns the lossless events of a stream into whole records, in order, each exactly once.
 *
 * A record may span several events; nothing of it is handed on before its last one is here, so the
 * desk never shows half a turn and the resume point never lies inside one.
 */
import type {
  AccountFrame,
  ExecutionFrame,
  OrderFrame,
  SessionFrame,
  SnapshotFrame,
} from '@sandpit/schemas/stream.ts';

export type DeltaEvent =
  | { type: 'order'; frame: OrderFrame }
  | { type: 'execution'; frame: ExecutionFrame }
  | { type: 'account'; frame: AccountFrame }
  | { type: 'session'; frame: SessionFrame };
export type LosslessEvent = { type: 'snapshot'; frame: SnapshotFrame } | DeltaEvent;

const DELTA_TYPES: ReadonlySet<string> = new Set(['order', 'execution', 'account', 'session']);
export const isLossless = (type: string) => type === 'snapshot' || DELTA_TYPES.has(type);

export type Assembled =
  | { kind: 'snapshot'; frame: SnapshotFrame }
  | { kind: 'record'; events: DeltaEvent[] }
  | { kind: 'pending' }
  | { kind: 'duplicate' }
  /** The connection has to be reopened from the last whole record. */
  | { kind: 'broken'; reason: 'gap' | 'malformed' | 'oversized' };

/** Far above what one turn can produce; beyond it something is wrong, not large. */
const MAX_EVENTS_PER_RECORD = 20_000;

export class RecordAssembler {
  /** Number of the last whole record, null before the first snapshot. */
  n: number | null = null;
  /** Its SSE id: what `Last-Event-ID` may say. */
  id: string | null = null;
  /** Its stream sequence. */
  sequence: number | null = null;
  #pending: DeltaEvent[] = [];

  /** Drops what is not whole; call it whenever the connection is given up. */
  discardPending(): void {
    this.#pending = [];
  }

  /** Forgets everything: the next connection starts with a snapshot. */
  reset(): void {
    this.n = null;
    this.id = null;
    this.sequence = null;
    this.#pending = [];
  }

  /** @param id  The event's `id:` field, `<incarnation>-<sequence>`. */
  accept(event: LosslessEvent, id: string | null): Assembled {
    const { n, sequence } = event.frame;
    if (!Number.isInteger(n) || !Number.isInteger(sequence) || !id?.endsWith(`-${sequence}`))
      return { kind: 'broken', reason: 'malformed' };
    if (event.type === 'snapshot') {
      this.#pending = [];
      this.#advance(n, sequence, id);
      return { kind: 'snapshot', frame: event.frame };
    }
    if (typeof event.frame.last !== 'boolean') return { kind: 'broken', reason: 'malformed' };
    if (this.n === null) return { kind: 'broken', reason: 'gap' };
    if (n <= this.n) return { kind: 'duplicate' };
    if (n !== this.n + 1) return { kind: 'broken', reason: 'gap' };
    if (this.#pending.length === MAX_EVENTS_PER_RECORD)
      return { kind: 'broken', reason: 'oversized' };
    this.#pending.push(event);
    if (!event.frame.last) return { kind: 'pending' };
    const events = this.#pending;
    this.#pending = [];
    this.#advance(n, sequence, id);
    return { kind: 'record', events };
  }

  #advance(n: number, sequence: number, id: string): void {
    this.n = n;
    this.sequence = sequence;
    this.id = id;
  }
}
