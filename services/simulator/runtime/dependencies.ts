/** What an actor stands on. Everything comes from outside, so the simulation can replace it. */
import type { Admission } from './admission.ts';
import type { Attempts } from './attempts.ts';
import type { Authority } from './authority.ts';
import type { CommitDependencies } from './committer.ts';
import type { RecoveryDependencies } from './recovery.ts';

export interface Ownership {
  /** Ours as far as we know. What is appended is fenced by the log, should it be otherwise. */
  owns(simulatorId: string): boolean;
  /** Heard recently that we still live; else nothing may go out that the log does not fence. */
  isFresh(): boolean;
}

export interface RuntimeLimits {
  /** Most simulators that this worker runs; more wait for another worker. */
  simulatorsMax: number;
  /** Together with the first death, which carries no mark: the command’s third or fourth. */
  deathsBeforeQuarantine: number;
  snapshotEveryRecords: number;
  snapshotIdleMs: number;
  /** Without a request, a command or a stream for this long, one with nothing at stake is put away. */
  idleMs: number;
  /** The same for one with open orders or positions, whose trader may have left it to trade. */
  unattendedMs: number;
}

export const DEFAULT_LIMITS: RuntimeLimits = {
  simulatorsMax: 1_000,
  deathsBeforeQuarantine: 2,
  snapshotEveryRecords: 200,
  snapshotIdleMs: 10_000,
  idleMs: 15 * 60_000,
  unattendedMs: 24 * 3_600_000,
};

export interface RuntimeDependencies extends RecoveryDependencies, CommitDependencies {
  authority: Authority;
  attempts: Attempts;
  admission: Admission;
  ownership: Ownership;
  limits: RuntimeLimits;
}
