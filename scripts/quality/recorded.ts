/** Recorded connections as traces that the order gate is judged by. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../servers/start-error.ts';
import { LOST_AFTER_MS, RECORDING_FORMAT, type Recording } from './record.ts';
import { type Stall, TRACE_MS, type Trace } from './traces.ts';

/** A round trip this long was held up rather than slow. */
const HELD_MS = 1_000;

/** @throws StartError when it is none, or not as long as a trace. */
export function readRecording(file: string): Recording {
  let recording: Recording;
  try {
    recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  } catch (error) {
    throw new StartError(`${file} cannot be read.`, (error as Error).message);
  }
  const { format, roundTripsMs, everyMs } = recording;
  const isLongEnough = Array.isArray(roundTripsMs) && roundTripsMs.length * everyMs >= TRACE_MS;
  if (format !== RECORDING_FORMAT || !isLongEnough) {
    const what = 'Record one with: npm run quality -- --record <address> --out <file>';
    throw new StartError(`${file} is no recording of ${TRACE_MS / 1_000} s.`, what);
  }
  return recording;
}

export function recordingsIn(folder: string): Recording[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => readRecording(join(folder, name)));
}

/**
 * Half of each round trip is taken for one way. What was held up together and answered together was held
 * by one interruption, from the first that was caught to the first that was answered.
 *
 * @param seed  Of the trader who sends orders over it.
 */
export function traceOfRecording({ name, everyMs, roundTripsMs }: Recording, seed: number): Trace {
  const stalls = stallsOf(roundTripsMs, everyMs);
  const usualMs = quickest(roundTripsMs);
  const isHeld = (atMs: number) => stalls.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  const oneWayMs = (atMs: number) => {
    const i = Math.min(roundTripsMs.length - 1, Math.max(0, Math.floor(atMs / everyMs)));
    const roundTripMs = roundTripsMs[i] ?? LOST_AFTER_MS;
    // Of what was held only the rest of its way is left.
    return (isHeld(i * everyMs) || roundTripMs >= HELD_MS ? usualMs : roundTripMs) / 2;
  };
  return { kind: name, seed, delayMs: oneWayMs, stalls, sleeps: [], halfOpensMs: [] };
}

function stallsOf(roundTripsMs: readonly (number | null)[], everyMs: number): Stall[] {
  const stalls: Stall[] = [];
  for (const [i, given] of roundTripsMs.entries()) {
    const roundTripMs = given ?? LOST_AFTER_MS;
    if (roundTripMs < HELD_MS) continue;
    const [fromMs, toMs] = [i * everyMs, i * everyMs + roundTripMs];
    const last = stalls.at(-1);
    if (last && fromMs < last.toMs)
      last.toMs = Math.min(last.toMs, Math.max(toMs, fromMs + everyMs));
    else stalls.push({ fromMs, toMs });
  }
  return stalls;
}

const quickest = (roundTripsMs: readonly (number | null)[]): number =>
  Math.min(...roundTripsMs.map((each) => each ?? LOST_AFTER_MS));
