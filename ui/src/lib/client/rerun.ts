/** Answers that need the session to be run again: a long one is asked for until it is there. */
import { ApiError } from './api-error.ts';

/** A little longer than the venue lets any of them take. */
const PATIENCE_MS = 6 * 60_000;
const AGAIN_MS = 1_000;
export const RERUN_REQUEST_MS = 30_000;

export interface RerunOptions {
  /** How far it is, in a sentence. */
  tell(text: string): void;
  /** Nobody waits any more. */
  isOver?(): boolean;
  nowMs?(): number;
  pause?(ms: number): Promise<void>;
}

/** @throws ApiError; that of the last attempt when it is over */
export async function rerun<T>(ask: () => Promise<T>, options: RerunOptions): Promise<T> {
  const { tell, isOver = () => false, nowMs = () => performance.now() } = options;
  const { pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options;
  const untilMs = nowMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const goesOn = error instanceof ApiError && error.code === 'rerunUnderWay';
      if (!goesOn || isOver() || nowMs() > untilMs) throw error;
      tell(progressText(error.message));
      await pause(error.retryAfterMs ?? AGAIN_MS);
    }
  }
}

/** What to do about it is done here. */
export const progressText = (detail: string) =>
  detail.replace(/ Repeat the same request.*$/, '').trim();
