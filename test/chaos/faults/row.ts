/** A row of the fault matrix: what is done to the system while orders flow, and what is asked of it. */

import type { Stage } from '../stage.ts';
import type { ChaosSystem } from '../system.ts';

export interface Row {
  /** As `--rows` names it. */
  name: string;
  /** Number in the fault matrix of the specification. */
  matrix: string;
  title: string;
  /** Pause between two injections. */
  everyMs: number;
  /** How many in a short run. */
  injections: number;
  /** Longest that an order may wait for its answer, ms. */
  gapMaxMs: number;
  /** Longest until a screen has everything again, ms; the 99th percentile. */
  resumeMaxMs?: number;
  /** Screens that each trader has open, at most ten. */
  streamsPerTrader?: number;
  /** A worker writes after another has taken over: the log must be seen to refuse it. */
  provesFence?: boolean;
  /** Takes minutes: only when it is asked for by name. */
  isLong?: boolean;
  /** Why it cannot be run here; null = it can. */
  unavailable?: (system: ChaosSystem) => string | null;
  /**
   * Does it once, and resolves when the system is whole again.
   *
   * @returns how often something was done, if not once.
   */
  inject(stage: Stage): Promise<number | undefined>;
  /** What else must hold. @returns sentences about what does not. */
  verify?: (stage: Stage) => string[];
}
