/**
 * Finds the command that kills its worker.
 *
 * A consumer is made anew by every owner, so its delivery count starts over and cannot tell. Instead
 * the first command after a takeover is marked in the bucket LEASES before it is executed and the
 * mark is taken off once it is decided: marks that were left behind are workers that died with it.
 */
import type { Bucket } from '@sandpit/bus/bus.ts';

interface Mark {
  sequence: number;
  count: number;
}

const keyOf = (simulatorId: string) => `attempt.${simulatorId}`;
const encode = (mark: Mark) => new TextEncoder().encode(JSON.stringify(mark));

export class Attempts {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Marks the command. @returns how many workers have died with it so far, as far as is known. */
  async begin(simulatorId: string, sequence: number): Promise<number> {
    const entry = await this.#bucket.get(keyOf(simulatorId));
    const mark = entry && (JSON.parse(new TextDecoder().decode(entry.value)) as Mark);
    const deaths = mark?.sequence === sequence ? mark.count : 0;
    await this.#bucket.put(keyOf(simulatorId), encode({ sequence, count: deaths + 1 }));
    return deaths;
  }

  /** The worker lives: nothing is held against the command. */
  async finish(simulatorId: string): Promise<void> {
    await this.#bucket.delete(keyOf(simulatorId));
  }
}
