/** What a run left behind, as plain data: the streams, the rows of PostgreSQL, what clients saw. */
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { CancelCause, Command } from '@sandpit/schemas/command.ts';
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { StreamFrames } from '@sandpit/schemas/stream.ts';
import { placesOf, type Stored } from '../../../services/simulator/simulation/auditor.ts';

export { placesOf, type Stored };

/** What REST said about an order, with a status below 300. */
export interface OrderAnswer {
  clientOrderId: string;
  order: OrderView;
}

/** One frame of a stream as it came. */
export interface RecordedFrame {
  event: keyof StreamFrames;
  /** Of the lossless class only: `<incarnation>-<sequence>`. */
  id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: judged here, so not believed to have its shape.
  data: any;
}

/** From one connect to its end. */
export interface Connection {
  /** `Last-Event-ID` as sent; null = none. */
  resumedFrom: string | null;
  frames: readonly RecordedFrame[];
}

export interface ClientRecording {
  client: string;
  connections: readonly Connection[];
  /** Record that it was given the time to see: whatever it lacks up to there is missing. */
  shouldReach: number;
}

/** PostgreSQL's rows of one simulator; numbers as numbers. */
export interface ArchiveRows {
  /** Record that it was given the time to take in. */
  shouldReach: number;
  /** Null while nothing of it was projected. */
  head: { n: number; hash: string; sequence: number; fault: string | null } | null;
  records: readonly { n: number; hash: string; sequence: number }[];
  orders: readonly { orderId: string; status: string; filledLots: number }[];
  executions: readonly { executionId: string; quantityLots: number; priceTicks: number }[];
  positions: readonly { symbol: string; quantityLots: number; costMicros: number }[];
  account: { cashMicros: number; realisedMicros: number; feesMicros: number } | null;
}

export interface StoredSnapshot {
  /** Record that it stands on. */
  n: number;
  /** Of the venue when it was made. */
  stateHash: string;
  state: Uint8Array;
}

/** How the trader's guard is set, and whether he left. */
export interface GuardWatch {
  cause: CancelCause;
  keepGtc: boolean;
  /** ms since the epoch, when the last that was his had ended; null = he is there all the time. */
  leftAtMs: number | null;
  /** From then on, before anything may be canceled. */
  graceMs: number;
  /** ms since the epoch: whatever the fault was, it must have happened by then. */
  latestMs: number;
}

/** Everything about one simulator. */
export interface SimulatorHistory {
  address: SimulatorAddress;
  /** Read from COMMANDS while the run went on; the worker trims what a snapshot covers. */
  commands: readonly Stored<Command>[];
  /** Heard on the subjects of COMMANDS; stored or not. */
  heard: readonly Command[];
  /** Client order ids that the run's own clients have sent. */
  sent: ReadonlySet<string>;
  records: readonly Stored<EventRecord>[];
  answers: readonly OrderAnswer[];
  clients: readonly ClientRecording[];
  /** Null when the archive was not looked at. */
  archive: ArchiveRows | null;
  /** To execute the log again; null when it is not to be. */
  scenario: Scenario | null;
  /** Short cuts for recovery that are stored; each must lead to where the log does. */
  snapshots: readonly StoredSnapshot[];
  /** Null = none is set, so nothing may be canceled in the trader's place. */
  guard: GuardWatch | null;
}

export const LAWS = {
  I1: 'single effect',
  I2: 'no phantom',
  I3: 'chain',
  I4: 'order of commands',
  I5: 'one owner per epoch',
  I6: 'reply implies record',
  I7: 'replay equality',
  I8: 'money',
  I9: 'matching',
  I10: 'client view',
  I11: 'projection',
  I12: 'fan-out honesty',
  I13: 'guards',
} as const;
export type LawId = keyof typeof LAWS;

/** What one law looked at in one simulator, and what it found. */
export interface Finding {
  law: LawId;
  /** How many of `what` were held against the law. */
  checked: number;
  what: string;
  breaches: string[];
}
