/** A trader of the crowd who takes liquidity when the arrival process calls on it. */
import type { SideCode } from '../access.ts';

export interface TakerOrder {
  side: SideCode;
  lots: number;
}

export interface Taker<Snapshot = unknown> {
  readonly owner: number;
  /** Fills in `order` and says true, or false when it would rather not trade now. */
  decide(order: TakerOrder): boolean;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

/** Owners of taking orders, below the owners of resting ones. */
export const TAKER_OWNER = {
  noise: 2,
  momentum: 3,
  fundamentalist: 4,
  splitter: 5,
  arbitrageur: 6,
  contrarian: 7,
  stopHerd: 8,
  scripted: 9,
} as const;
