/** A recorded session of one instrument, ready to become part of a scenario. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Recording } from '@sandpit/schemas/scenario.ts';
import type { FileReport } from './row-tally.ts';
import type { SessionStatistics } from './sampler.ts';

export interface RecordedSession {
  /** Default id of a scenario that holds only this session: `ibm-20131007`. */
  id: string;
  title: string;
  /** Where the session was recorded, for the description. */
  origin: string;
  /** Real beginning, ms since the epoch. */
  startsAtMs: number;
  instrument: Instrument;
  recording: Recording;
  statistics: SessionStatistics;
  reports: FileReport[];
}
