/** Which signing key is used, which are published, and when the next one is made. Pure. */

export const KEY_LIFE_MS = 30 * 86_400_000;
/** A key is published this long before it signs, so that every verifier knows it by then. */
export const KEY_NOTICE_MS = 3_600_000;
/** Tokens outlive their key's last signature by five minutes; verifiers' clocks may differ. */
export const KEY_AFTERLIFE_MS = 3_600_000;

export interface KeyTimes {
  kid: string;
  signsFromMs: number;
}

export interface KeyPlan<Key extends KeyTimes> {
  /** Signs now; null when there is none yet. */
  signer: Key | null;
  /** What verifiers are told, newest first: the next, the current, and the one before for a while. */
  published: Key[];
  retired: Key[];
  /** `signsFromMs` of the key to make now, or null. */
  createFromMs: number | null;
}

/** @param keys  Those not retired yet, in any order. */
export function planKeys<Key extends KeyTimes>(keys: readonly Key[], nowMs: number): KeyPlan<Key> {
  const newestFirst = [...keys].sort((a, b) => b.signsFromMs - a.signsFromMs);
  const signer = newestFirst.find((key) => key.signsFromMs <= nowMs) ?? null;
  const next = newestFirst.some((key) => key.signsFromMs > nowMs);
  const usedUntilMs = (key: Key) => newestFirst[newestFirst.indexOf(key) - 1]?.signsFromMs;
  const retired = newestFirst.filter((key) => {
    const untilMs = usedUntilMs(key);
    return key !== signer && untilMs !== undefined && untilMs + KEY_AFTERLIFE_MS <= nowMs;
  });
  return {
    signer,
    published: newestFirst.filter((key) => !retired.includes(key)),
    retired,
    createFromMs: createFrom(signer, next, nowMs),
  };
}

function createFrom(signer: KeyTimes | null, next: boolean, nowMs: number): number | null {
  // The very first key: nobody can be waiting for it.
  if (!signer) return nowMs;
  if (next) return null;
  return Math.max(signer.signsFromMs + KEY_LIFE_MS, nowMs + KEY_NOTICE_MS);
}
