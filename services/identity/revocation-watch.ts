/**
 * Carries revoked NATS credentials to the server. It runs where the server's home is, because the key
 * that signs accounts never leaves it; the doors only note in Postgres what was revoked.
 */
import type { SandpitDatabase } from '../platform/database.ts';
import { revokedPublicKeys } from './nats-credentials.ts';

export interface RevocationWatchOptions {
  database: SandpitDatabase;
  /** Makes the server refuse these users; see `bus/security/revoke.ts`. */
  revoke(publicKeys: readonly string[]): Promise<unknown>;
  onError(error: unknown): void;
  intervalMs?: number;
}

const INTERVAL_MS = 2_000;

/** Looks every two seconds; a key that could not be revoked is tried again. */
export function watchRevocations(options: RevocationWatchOptions): { stop(): Promise<void> } {
  const { database, revoke, onError, intervalMs = INTERVAL_MS } = options;
  const done = new Set<string>();
  const stopping = Promise.withResolvers<void>();
  let running = true;
  const look = async () => {
    const keys = await revokedPublicKeys(database, Date.now());
    const fresh = keys.filter((key) => !done.has(key));
    if (fresh.length > 0) await revoke(fresh);
    done.clear();
    for (const key of keys) done.add(key);
  };
  const loop = (async () => {
    while (running) {
      await look().catch(onError);
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, intervalMs);
      await Promise.race([timer.promise, stopping.promise]);
      clearTimeout(timeout);
    }
  })();
  return {
    async stop() {
      running = false;
      stopping.resolve();
      await loop;
    },
  };
}
