/** The guards of one doors process: who is heard here and elsewhere, and a loop that never overlaps. */
import type { ServiceBroker } from 'moleculer';
import { auditOf } from '../../platform/audit.ts';
import { askOthers } from '../../platform/mesh.ts';
import { presenceOf } from '../../platform/presence.ts';
import type { Sessions } from '../sessions.ts';
import { Guards, type StandInCancel } from './guards.ts';
import {
  claimGuard,
  dueGuards,
  endFiring,
  findGuard,
  keepGuard,
  noteTold,
  renewGuards,
  renewTimers,
  simulatorsUnder,
  type TimerSign,
} from './store.ts';

const BEAT_MS = 500;
const SOON_MS = 10;
/**
 * A stream proves nothing any more when its trader has sent heartbeats and then none for so long: TCP
 * may not know for a quarter of an hour that the other end is gone. Hidden tabs beat once a minute.
 */
export const HALF_OPEN_MS = 90_000;
const HEARD = 'sessions.heard';

/** What a process knows of sessions by itself. */
export interface Ears {
  broker: ServiceBroker;
  guards: Pick<Guards, 'heardAtMs'>;
  sessions: Pick<Sessions, 'heartbeatAtMs'>;
}

/** Is the trader of the session here, as far as this process knows? */
export function isHeardHere(
  { broker, guards, sessions }: Ears,
  sessionId: string,
  withinMs: number,
  nowMs = Date.now(),
): boolean {
  if (nowMs - guards.heardAtMs(sessionId) < withinMs) return true;
  const heartbeatAtMs = sessions.heartbeatAtMs(sessionId);
  const isHalfOpen = heartbeatAtMs !== null && nowMs - heartbeatAtMs >= HALF_OPEN_MS;
  return !isHalfOpen && presenceOf(broker).ofSession(sessionId).length > 0;
}

/** Asks every process that serves sessions; this one first. */
async function isHeardAnywhere(
  ears: Ears,
  sessionId: string,
  withinMs: number,
): Promise<boolean | 'unknown'> {
  if (isHeardHere(ears, sessionId, withinMs)) return true;
  const { answers, silent } = await askOthers<{ heard: boolean }>(ears.broker, HEARD, {
    id: sessionId,
    withinMs,
  });
  if (answers.some(({ heard }) => heard)) return true;
  return silent.length > 0 ? 'unknown' : false;
}

export function guardsOf(
  broker: ServiceBroker,
  sessions: () => Ears['sessions'],
  renewals: () => TimerSign[],
  report: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  },
): Guards {
  const { database } = broker;
  const guards: Guards = new Guards({
    store: {
      keep: (setting) => keepGuard(database, setting),
      find: (key) => findGuard(database, key),
      renew: (ids) => renewGuards(database, ids),
      renewTimers: (signs) => renewTimers(database, signs),
      due: () => dueGuards(database),
      claim: (guard, atOnce) => claimGuard(database, guard, atOnce),
      noteTold: (guard, told) => noteTold(database, guard, told),
      end: (guard) => endFiring(database, guard),
      simulatorsUnder: (key) => simulatorsUnder(database, key),
    },
    isHeard: (id, withinMs) =>
      isHeardAnywhere({ broker, guards, sessions: sessions() }, id, withinMs),
    renewals,
    streaming: () => streamingHere({ broker, guards, sessions: sessions() }),
    cancel: async (request) => {
      await broker.call<null, StandInCancel>('orders.cancelFor', request, { retries: 0 });
    },
    onFired: ({ kind, subject_id: id, account_id: accountId, keep_gtc: keepGtc }, told) => {
      report.info({ kind, id, accountId, told }, 'orders canceled in a trader’s place');
      auditOf(broker).note({
        area: 'sessions',
        action: kind === 'disconnect' ? 'disconnectFired' : 'deadManFired',
        actor: 'house',
        accountId,
        subjectId: id,
        detail: { simulators: told, keepGtc },
      });
    },
    onTrouble: (err, message) => report.warn({ err }, message),
  });
  return guards;
}

const streamingHere = (ears: Ears): string[] =>
  presenceOf(ears.broker)
    .sessions()
    .filter((id) => isHeardHere(ears, id, 0));

/**
 * Beats until it is stopped. A stream that opens or closes counts at once.
 * @param onTrouble  Told once when beats begin to fail.
 */
export function watchGuards(
  broker: ServiceBroker,
  guards: Guards,
  onTrouble: (error: unknown) => void,
): { stop(): Promise<void> } {
  let running = true;
  let failing = false;
  const stopping = Promise.withResolvers<void>();
  const trouble = (error: unknown) => {
    if (!failing) onTrouble(error);
    failing = true;
  };
  let soon: NodeJS.Timeout | null = null;
  const unlisten = presenceOf(broker).listen(({ sessionId }) => {
    guards.seen(sessionId, true);
    // A gateway that drains closes thousands at once: one statement for all.
    soon ??= setTimeout(() => {
      soon = null;
      guards.flush().catch(trouble);
    }, SOON_MS);
  });
  const loop = (async () => {
    while (running) {
      await guards.beat().then(() => {
        failing = false;
      }, trouble);
      const pause = Promise.withResolvers<void>();
      const timer = setTimeout(pause.resolve, BEAT_MS);
      await Promise.race([pause.promise, stopping.promise]);
      clearTimeout(timer);
    }
  })();
  return {
    async stop() {
      running = false;
      unlisten();
      if (soon) clearTimeout(soon);
      stopping.resolve();
      await loop;
    },
  };
}
