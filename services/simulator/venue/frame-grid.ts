/**
 * When frames are cut: on a grid of simulated time, every 100 ms of host time at most, so that a
 * faster clock does not make more of them. And the frames waiting for the publisher.
 */
import type { PendingFrame } from './venue.ts';

const CELL_NS = 100_000_000;
/** Frames nobody took: the oldest go first. Market data may be lost, memory may not. */
export const MAX_PENDING_FRAMES = 20_000;

/** Length of a cell at a clock speed. */
export const cellNs = (speed: number): number => Math.round(CELL_NS * Math.max(1, speed));

/** The first cell boundary after `nowNs`. */
export function nextCutNs(nowNs: number, speed: number): number {
  const cell = cellNs(speed);
  return (Math.floor(nowNs / cell) + 1) * cell;
}

export class PendingFrames {
  #frames: PendingFrame[] = [];
  wanted = true;

  /** Where to put frames; null when they are only counted. */
  get sink(): PendingFrame[] | null {
    return this.wanted ? this.#frames : null;
  }

  take(): PendingFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  dropOldest(): void {
    const excess = this.#frames.length - MAX_PENDING_FRAMES;
    if (excess > 0) this.#frames.splice(0, excess);
  }
}
