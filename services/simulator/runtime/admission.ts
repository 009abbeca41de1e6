/** May a simulator that was put away go on, and what has been decided about it meanwhile? */
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import { isSameSwitch, type RiskState, type StandingSwitch } from '@sandpit/schemas/risk.ts';

export interface Admitted {
  /** Why it may not run now, for people; null = it may. */
  refusal: string | null;
  /** Kill switches of its account and of all as they stand, on or off. */
  switches: readonly StandingSwitch[];
}

/**
 * Asked each time before one wakes. From a yes on it counts as running.
 *
 * @param n  Newest record of its log.
 * @throws when nobody can tell now: it is asked again, and nothing wakes meanwhile.
 */
export type Admission = (address: SimulatorAddress, n: number) => Promise<Admitted>;

/** It sleeps, and its account runs as many others as it may. */
export class NotAdmittedError extends Error {
  override readonly name = 'NotAdmittedError';
}

/** Those by which the venue differs from what stands. */
export function switchesToSet(
  { killSwitches }: RiskState,
  standing: readonly StandingSwitch[],
): StandingSwitch[] {
  return standing.filter((each) => {
    const known = killSwitches.find((on) => isSameSwitch(on, each));
    return each.engaged ? known?.reason !== each.reason : known !== undefined;
  });
}
