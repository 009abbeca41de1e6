/** What the processes tell each other of network labs: sessions keeps them, gateways carry them out. */
import type { Lab } from '@sandpit/schemas/lab.ts';

/** Moleculer event, to every process, with a `LabRecord`: a lab began, ended, or was scored. */
export const LAB_CHANGED = 'sessions.labChanged';

/** A time in which no stream of a simulator reached the client. */
export interface OpenOutage {
  simulatorId: string;
  /** ms since the epoch. */
  beganAtMs: number;
  /** The last record that had been sent before. */
  afterSequence: number;
}

export interface LabRecord {
  lab: Lab;
  accountId: string;
  /** Those that have not ended. */
  outages: OpenOutage[];
}

/** What a gateway has counted since it last told. */
export interface LabCounts {
  requests: number;
  requestsLost: number;
  answersLost: number;
  refused: number;
  repeatsSent: number;
  duplicatesSent: number;
  cancelsMissed: number;
}

/** How an outage ended. */
export interface OutageEnd {
  syncedAtMs: number;
  resyncMs: number;
  fillsMissed: number;
  exposureWorstMicros: number;
  /** Value times seconds. */
  exposureSecondsMicros: number;
}
