/** Is this process alive, and can it do its work? With the reason for every no. */

import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { codeOf } from '../platform/errors.ts';
import { isHeardOf, ownerDirectory } from '../platform/owners.ts';

export interface Check {
  ok: boolean;
  /** What is wrong, or what was measured. */
  detail: string;
}

const CHECK_TIMEOUT_MS = 1_500;

/** Without these no request can be served; the others only take something away. */
const REQUIRED = new Set(['nats', 'postgres', 'keys']);

export interface Readiness {
  ready: boolean;
  checks: Record<string, Check>;
}

export async function readiness(
  broker: ServiceBroker,
  { webAppBuilt, draining }: { webAppBuilt: boolean; draining: boolean },
): Promise<Readiness> {
  const probes: Record<string, () => Promise<Check>> = {
    nats: async () => {
      const { roundTripMs } = await broker.bus.ping();
      return { ok: true, detail: `round trip ${roundTripMs.toFixed(1)} ms` };
    },
    postgres: async () => {
      await sql`select 1`.execute(broker.database);
      return { ok: true, detail: 'answers' };
    },
    redis: async () => {
      await broker.cache.run((redis) => redis.ping());
      return { ok: true, detail: 'answers' };
    },
    keys: async () =>
      broker.tokens.ready
        ? { ok: true, detail: 'known' }
        : { ok: false, detail: 'the keys that sign access tokens are not known yet' },
    workers: async () => {
      const alive = (await ownerDirectory(broker)).workers();
      const callable = alive.filter((worker) => isHeardOf(broker, worker));
      if (callable.length > 0) return { ok: true, detail: callable.join(', ') };
      return alive.length > 0
        ? { ok: false, detail: `not heard of yet: ${alive.join(', ')}` }
        : { ok: false, detail: 'no worker renews its lease; simulators stand still' };
    },
    webApp: async () =>
      webAppBuilt
        ? { ok: true, detail: 'built' }
        : { ok: false, detail: 'not built; run npm run build --workspace ui' },
  };
  const checks = Object.fromEntries(
    await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => [name, await bounded(probe)] as const),
    ),
  );
  const ready =
    !draining && Object.entries(checks).every(([name, { ok }]) => ok || !REQUIRED.has(name));
  return { ready, checks };
}

async function bounded(probe: () => Promise<Check>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    const detail = `no answer in ${CHECK_TIMEOUT_MS} ms`;
    timer = setTimeout(() => resolve({ ok: false, detail }), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([probe(), late]);
  } catch (error) {
    // The log has the error; here it would tell strangers about our addresses.
    return { ok: false, detail: `away (${codeOf(error)})` };
  } finally {
    clearTimeout(timer);
  }
}
