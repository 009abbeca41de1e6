/**
 * Records a connection as it is: a small question several times a second, and how long each took to be
 * answered. From any machine that can reach an installation, over whatever network lies between.
 */
import { Agent as PlainAgent, get as plainGet } from 'node:http';
import { Agent as SecureAgent, get as secureGet } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export const RECORDING_FORMAT = 1;
/** Longer is lost. */
export const LOST_AFTER_MS = 60_000;

export interface Recording {
  format: typeof RECORDING_FORMAT;
  /** What kind of line it is, in a few words; a row of the table. */
  name: string;
  recordedAt: string;
  everyMs: number;
  /** Of the question sent at `index * everyMs`; null: no answer within a minute. */
  roundTripsMs: (number | null)[];
}

export interface RecordOptions {
  name: string;
  /** Of an installation; its `/healthz` is asked. */
  url: string;
  seconds: number;
  everyMs: number;
}

export async function record({ name, url, seconds, everyMs }: RecordOptions): Promise<Recording> {
  const recordedAt = new Date().toISOString();
  const ask = askerOf(new URL('/healthz', url));
  const answers: Promise<number | null>[] = [];
  const startedMs = performance.now();
  for (let i = 0; i * everyMs < seconds * 1_000; i++) {
    await sleep(Math.max(0, startedMs + i * everyMs - performance.now()));
    answers.push(ask());
  }
  const roundTripsMs = await Promise.all(answers);
  return { format: RECORDING_FORMAT, name, recordedAt, everyMs, roundTripsMs };
}

/** One that fails at once is asked again: a client that is thrown out comes back. */
function askerOf(url: URL): () => Promise<number | null> {
  const isSecure = url.protocol === 'https:';
  const agent = isSecure
    ? new SecureAgent({ keepAlive: true })
    : new PlainAgent({ keepAlive: true });
  const get = isSecure ? secureGet : plainGet;
  const once = (waitMs: number) =>
    new Promise<boolean>((resolve) => {
      const request = get(
        url,
        { agent, signal: AbortSignal.timeout(Math.ceil(waitMs)) },
        (answer) => {
          answer.resume();
          answer.on('end', () => resolve(true)).on('error', () => resolve(false));
        },
      );
      request.on('error', () => resolve(false));
    });
  return async () => {
    const startedMs = performance.now();
    for (;;) {
      const leftMs = LOST_AFTER_MS - (performance.now() - startedMs);
      if (leftMs <= 0) return null;
      if (await once(leftMs)) return Math.round((performance.now() - startedMs) * 10) / 10;
      await sleep(200);
    }
  };
}
