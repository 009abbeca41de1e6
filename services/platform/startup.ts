/** Waiting for what is still starting: bounded, and honest about what is missing. */

export interface Patience {
  /** What is awaited, as a person would say it: "Postgres at 127.0.0.1:5432". */
  what: string;
  /** What to do when it does not come. */
  remedy: string;
  patienceMs: number;
  /** Told once, after the first failure. */
  onWaiting?: (message: string) => void;
}

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;

/** @throws Error with what is missing and what to do, the last failure as its cause. */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const giveUpAtMs = performance.now() + patience.patienceMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_MAX_MS);
      if (performance.now() + pauseMs > giveUpAtMs) {
        throw new Error(`${patience.what} does not answer. ${patience.remedy}`, { cause: error });
      }
      if (attempt === 0) patience.onWaiting?.(`Waiting for ${patience.what}.`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Host and port of an address, without the password it may hold. */
export function placeOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return 'the given address';
  }
}
