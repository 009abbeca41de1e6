/**
 * Kill switches of an account or of all: kept first, then told to every simulator that runs, by a
 * command of its own. A simulator that starts later is told by its start command, and one that sleeps
 * finds out when it wakes.
 *
 * The command's id names the change of the switch, so telling again is the same command: whoever
 * starts tells what may not have been told, and an operator may repeat himself.
 */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type {
  KillActor,
  KillScope,
  KillSwitchRequest,
  KillSwitchView,
} from '@sandpit/schemas/risk.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { type KeptSwitch, type SwitchChange, switchView } from '../platform/kill-switches.ts';
import { defaultReason } from './risk-desk.ts';

export interface Address {
  simulatorId: string;
  accountId: string;
}

export interface SwitchboardSources {
  keep(change: SwitchChange): Promise<KeptSwitch>;
  switchesOf(accountId: string): Promise<KeptSwitch[]>;
  simulatorsUnder(kept: KeptSwitch): Promise<(Address & { sleeps: boolean })[]>;
  operatorToken(accountId: string): Promise<string>;
  /** Stores the command; its record is nobody's to wait for. */
  store(
    envelope: Address & { commandId: string; correlationId: string },
    body: CommandBody,
    token: string,
  ): Promise<void>;
  report(fields: Record<string, unknown>, message: string): void;
  sleep(ms: number): Promise<void>;
}

export interface Told {
  switch: KillSwitchView;
  /** Simulators whose trading it concerns, and how many of them have their command by now. */
  simulators: number;
  told: number;
  /** More of them, which it stops as soon as they wake. */
  asleep: number;
}

const AT_ONCE = 20;
/** The rest is told after the answer. */
const PATIENCE_MS = 3_000;
const ATTEMPTS = 6;
const RETRY_MS = 500;

export class Switchboard {
  readonly #sources: SwitchboardSources;

  constructor(sources: SwitchboardSources) {
    this.#sources = sources;
  }

  async list(accountId: string): Promise<KillSwitchView[]> {
    return (await this.#sources.switchesOf(accountId)).map(switchView);
  }

  async change(
    scope: Exclude<KillScope, 'simulator'>,
    accountId: string,
    actor: KillActor,
    { engaged, reason, cancelOpenOrders }: KillSwitchRequest,
  ): Promise<Told> {
    const kept = await this.#sources.keep({
      scope,
      account_id: scope === 'global' ? '' : accountId,
      actor,
      engaged,
      reason: reason ?? defaultReason(actor, engaged),
      cancel_open_orders: cancelOpenOrders ?? true,
    });
    return this.tell(kept);
  }

  /** @returns when all are told, or after a moment with how many are. */
  async tell(kept: KeptSwitch): Promise<Told> {
    const all = await this.#sources.simulatorsUnder(kept);
    const queue: Address[] = all.filter(({ sleeps }) => !sleeps);
    const simulators = queue.length;
    const asleep = all.length - simulators;
    const progress = { switch: switchView(kept), simulators, told: 0, asleep };
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (await this.#tellOne(kept, next)) progress.told += 1;
      }
    };
    const telling = Promise.all(Array.from({ length: AT_ONCE }, work));
    await Promise.race([telling, this.#sources.sleep(PATIENCE_MS)]);
    return { ...progress };
  }

  /**
   * Tells one simulator how every switch stands that concerns it, on or off: its past is another's,
   * and of another time.
   *
   * @throws problem `unavailable` when it could not be told.
   */
  async tellOf(address: Address): Promise<void> {
    for (const kept of await this.#sources.switchesOf(address.accountId)) {
      if (!(await this.#tellOne(kept, address))) throw problem('unavailable');
    }
  }

  async #tellOne(kept: KeptSwitch, address: Address): Promise<boolean> {
    const { operatorToken, store, report, sleep } = this.#sources;
    const { scope, actor: by, engaged, reason, cancel_open_orders: cancelOpenOrders } = kept;
    const changed = `${kept.version}-${kept.changed_at.getTime().toString(36)}`;
    const commandId = `k-${scope}-${by}-${changed}`;
    const envelope = { ...address, commandId, correlationId: newId() };
    for (let attempt = 1; ; attempt++) {
      try {
        const body = { type: 'killSwitch', scope, by, engaged, reason, cancelOpenOrders } as const;
        await store(envelope, body, await operatorToken(address.accountId));
        return true;
      } catch (error) {
        if (attempt === ATTEMPTS) {
          report({ ...envelope, err: error }, 'kill switch not told, set it again');
          return false;
        }
        await sleep(RETRY_MS * attempt);
      }
    }
  }
}
