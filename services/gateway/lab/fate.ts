/**
 * What a lab does to the next request and the next piece of a stream, drawn from its seed. Each draw
 * depends on the seed and on its own number alone, so that requests and streams do not disturb each
 * other's luck. Pure.
 */
import type { Conditions } from './conditions.ts';

export interface Fate {
  delayToVenueMs: number;
  delayToClientMs: number;
  lost: 'no' | 'request' | 'answer';
  /** Of a new order: refused by the venue's fault. */
  rejected: boolean;
}

const LANES = { toVenue: 1, toClient: 2, lost: 3, rejected: 4, stream: 5 } as const;

/** @param index  Counts the requests of the lab from 0. */
export function fateOf(seed: number, index: number, conditions: Conditions): Fate {
  const { delayMs, jitterMs, lossRatio, rejectRatio } = conditions;
  const luck = uniform(seed, LANES.lost, index);
  return {
    delayToVenueMs: delayMs + jitterMs * uniform(seed, LANES.toVenue, index),
    delayToClientMs: delayMs + jitterMs * uniform(seed, LANES.toClient, index),
    lost: luck >= lossRatio ? 'no' : luck < lossRatio / 2 ? 'request' : 'answer',
    rejected: uniform(seed, LANES.rejected, index) < rejectRatio,
  };
}

/** Of a request that opens a connection: one that is lost never comes about. */
export const ofConnection = (fate: Fate): Fate => ({
  ...fate,
  lost: fate.lost === 'no' ? 'no' : 'request',
  delayToClientMs: 0,
});

/** Delay of a stream's piece. @param index  Counts the pieces of all its streams from 0. */
export function streamDelayMs(seed: number, index: number, conditions: Conditions): number {
  const { delayMs, jitterMs } = conditions;
  return jitterMs === 0 ? delayMs : delayMs + jitterMs * uniform(seed, LANES.stream, index);
}

/** In [0, 1): a hash of its three arguments (the finaliser of MurmurHash3, one round for each). */
function uniform(seed: number, lane: number, index: number): number {
  const hash = mixed(mixed(mixed(seed) ^ lane) ^ index);
  return (hash >>> 0) / 2 ** 32;
}

function mixed(value: number): number {
  let h = (value + 0x9e37_79b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
