/** What the gateway can tell of a venue from outside: is it live, coming back, or stopped for good? Pure. */
import type { ClockState } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { HeartbeatFrame } from '@sandpit/schemas/stream.ts';

/** A running market that has published nothing for this long, at real time, is being recovered. */
const SILENT_MS = 3_000;

export class VenueState {
  /** Newest epoch that any record named; market data of older ones is a zombie's. */
  epoch = 0;
  /** Null until a record or a snapshot has told. */
  clock: ClockState | null = null;
  #quarantined = false;
  #heardAtMs: number;

  /** @param nowMs  Monotonic, as everywhere here. */
  constructor(nowMs: number) {
    this.#heardAtMs = nowMs;
  }

  record(record: EventRecord): void {
    this.epoch = Math.max(this.epoch, record.epoch);
    if (record.type === 'quarantined') this.#quarantined = true;
    for (const event of record.events) {
      if (event.type === 'started' || event.type === 'clockChanged') this.clock = event.clock;
      // A halted venue refuses every clock command but the end; so an operator has resumed it.
      if (event.type === 'clockChanged') this.#quarantined = false;
    }
  }

  /** From a snapshot, when no record has told yet. */
  learn(epoch: number, clock: ClockState): void {
    this.epoch = Math.max(this.epoch, epoch);
    this.clock ??= clock;
  }

  /** @returns  False for a frame of an owner that has been replaced. */
  market(epoch: number, nowMs: number): boolean {
    if (epoch < this.epoch) return false;
    this.#heardAtMs = nowMs;
    return true;
  }

  read(owner: string | null, nowMs: number): HeartbeatFrame['venue'] {
    if (this.#quarantined || this.clock?.state === 'stopped') return 'halted';
    if (owner === null) return 'recovering';
    // A slow clock has less to say.
    const { speed = 1, lagging, seek } = this.clock ?? {};
    const patienceMs = SILENT_MS / Math.min(1, lagging?.realSpeed ?? speed);
    // A jump shows only its end.
    const isSilent = !seek && nowMs - this.#heardAtMs > patienceMs;
    return this.clock?.state === 'running' && isSilent ? 'recovering' : 'live';
  }
}
