/**
 * Dead-man timers renewed over NATS. The server lets a program publish on subjects of its own account
 * only; what renews is the access token in the message, verified here, so that whoever could forge a
 * credential could not keep somebody's timer alive.
 *
 * It only renews: a timer is set and stopped where an answer says so.
 */
import type { Bus, LiveMessage, Stoppable } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { parseDeadMan, type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import { Lru } from '../../platform/lru.ts';
import type { TimerSign } from './store.ts';

const WAITING_MAX = 10_000;
const ACCOUNTS_MAX = 10_000;
/** Whoever says more than that in a second is not listened to for the rest of it. */
const PER_SECOND_MAX = 20;

export interface RenewalParts {
  bus: Pick<Bus, 'follow'>;
  /** @throws when the token does not verify. */
  verify(token: string | undefined): Promise<{ accountId: string }>;
  /** Whoever renews is there, whether or not a timer runs. */
  onHeard(address: SimulatorAddress): void;
  now?: () => number;
}

export class Renewals {
  readonly #parts: RenewalParts;
  readonly #now: () => number;
  readonly #waiting = new Map<string, TimerSign & { atMs: number }>();
  readonly #heard = new Lru<string, { sinceMs: number; count: number }>(ACCOUNTS_MAX);
  readonly #subscription: Stoppable;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#subscription = parts.bus.follow(
      subjects.deadMen(),
      (message) => void this.#take(message),
    );
  }

  /** What was renewed since it was asked last. */
  drain(): TimerSign[] {
    const nowMs = this.#now();
    const signs = [...this.#waiting.values()].map(({ atMs, ...sign }) => ({
      ...sign,
      ageMs: nowMs - atMs,
    }));
    this.#waiting.clear();
    return signs;
  }

  async stop(): Promise<void> {
    await this.#subscription.stop();
  }

  async #take({ subject, headers }: LiveMessage): Promise<void> {
    const address = parseDeadMan(subject);
    if (!address || !this.#admits(address.accountId)) return;
    const atMs = this.#now();
    try {
      const token = headers[HEADERS.authorization]?.replace(/^Bearer /i, '');
      const { accountId } = await this.#parts.verify(token);
      if (accountId !== address.accountId || this.#waiting.size >= WAITING_MAX) return;
      this.#waiting.set(address.simulatorId, { ...address, ageMs: 0, atMs });
      this.#parts.onHeard(address);
    } catch {
      // Not renewed: the timer says it when it runs out, which is what it is for.
    }
  }

  #admits(accountId: string): boolean {
    const nowMs = this.#now();
    const known = this.#heard.get(accountId);
    if (!known || nowMs - known.sinceMs >= 1_000) {
      this.#heard.set(accountId, { sinceMs: nowMs, count: 1 });
      return true;
    }
    known.count += 1;
    return known.count <= PER_SECOND_MAX;
  }
}
