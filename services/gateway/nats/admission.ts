/** How much the programs of an account may ask at once and in a time; cancels have their own. Pure. */
import { Lru } from '../../platform/lru.ts';
import { Budget } from '../socket/budget.ts';

export type Lane = 'cancel' | 'other';
/** `flooded`: not even a refusal is owed. */
export type Verdict = 'admitted' | 'tooFast' | 'tooMany' | 'flooded';

/** As on a WebSocket. */
export const AT_WORK_MAX = 64;
/** Of all accounts together, in each lane: what the process can hold. */
const AT_WORK_ALL_MAX = 2_000;
const ACCOUNTS_MAX = 10_000;
const BUDGET_SECONDS = 10;
/** Besides those that the limits of an account bound: previews, clock, what is faulty. */
const OTHER_MESSAGES = 200;
/** Refusals for speed that an account is told in a second. */
const REFUSALS = 20;

interface Account {
  messages: Record<Lane, Budget>;
  refusals: Budget;
  atWork: Record<Lane, number>;
}

export class Admission {
  readonly #perSecond: number;
  readonly #accounts = new Lru<string, Account>(ACCOUNTS_MAX);
  readonly #atWork: Record<Lane, number> = { cancel: 0, other: 0 };
  #onIdle: () => void = () => {};

  /** @param ordersPerSecond  Per account; cancels have as much again. */
  constructor(ordersPerSecond: number) {
    this.#perSecond = ordersPerSecond;
  }

  get size(): number {
    return this.#atWork.cancel + this.#atWork.other;
  }

  /** Of `admitted` the caller calls `leave` when it is answered. */
  enter(accountId: string, lane: Lane, nowMs: number): { verdict: Verdict; leave(): void } {
    const account = this.#accountOf(accountId, nowMs);
    const verdict = this.#judge(account, lane, nowMs);
    if (verdict !== 'admitted') return { verdict, leave: () => {} };
    account.atWork[lane] += 1;
    this.#atWork[lane] += 1;
    return {
      verdict,
      leave: () => {
        account.atWork[lane] -= 1;
        this.#atWork[lane] -= 1;
        if (this.size === 0) this.#onIdle();
      },
    };
  }

  /** Resolves when nothing is at work. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #judge(account: Account, lane: Lane, nowMs: number): Verdict {
    const isTooFast = !account.messages[lane].take(nowMs);
    const isTooMany = account.atWork[lane] >= AT_WORK_MAX || this.#atWork[lane] >= AT_WORK_ALL_MAX;
    if (!isTooFast && !isTooMany) return 'admitted';
    if (!account.refusals.take(nowMs)) return 'flooded';
    return isTooFast ? 'tooFast' : 'tooMany';
  }

  #accountOf(accountId: string, nowMs: number): Account {
    const known = this.#accounts.get(accountId);
    if (known) return known;
    const orders = this.#perSecond * BUDGET_SECONDS;
    const budget = (messages: number) => new Budget(messages, BUDGET_SECONDS, nowMs);
    const account: Account = {
      messages: { cancel: budget(orders), other: budget(orders + OTHER_MESSAGES) },
      refusals: new Budget(REFUSALS, 1, nowMs),
      atWork: { cancel: 0, other: 0 },
    };
    this.#accounts.set(accountId, account);
    return account;
  }
}
