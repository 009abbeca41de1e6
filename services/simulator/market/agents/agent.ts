/** An agent with one timer. Its whole state is in its snapshot. */
export interface Agent<Snapshot = unknown> {
  /** Acts at the kernel's time; returns when it wants to act again, in simulated ns. */
  wake(nowNs: number): number;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

/** Waiting time of a Poisson process in whole ns, at least 1. `exponential` has mean 1. */
export function waitNs(exponential: number, perSecond: number): number {
  return Math.max(1, Math.ceil((exponential / perSecond) * 1e9));
}
