/**
 * The door of the worker: a stored command counts only when its token speaks for the account in its
 * subject. Whoever may publish on NATS may otherwise trade for anybody.
 *
 * A command that does not pass was never accepted: it gets no record (so it cannot use up the
 * trader's command ids or write into the trader's log) and is copied to DEADLETTERS.
 */
import { type Bus, BusError, type StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import { Command } from '@sandpit/schemas/command.ts';
import { Compile } from 'typebox/compile';
import { OPERATOR_USER_ID } from '../../platform/tokens.ts';

const CommandCheck = Compile(Command);

/** The part of the platform's verifier that is needed here. */
export interface TokenCheck {
  /** @throws an error whose `type` is a problem code; `unavailable` = cannot tell now. */
  verify(
    token: string | undefined,
    options: { atMs: number },
  ): Promise<{ accountId: string; userId?: string }>;
}

export type Verdict =
  | { passes: true; command: Command }
  | { passes: false; reason: string }
  /** The keys are away: neither yes nor no. */
  | { passes: 'later' };

export class Authority {
  readonly #tokens: TokenCheck;

  constructor(tokens: TokenCheck) {
    this.#tokens = tokens;
  }

  async judge(address: SimulatorAddress, message: StoredMessage): Promise<Verdict> {
    let command: unknown;
    try {
      command = message.body;
    } catch {
      return { passes: false, reason: 'The message is not JSON.' };
    }
    if (!CommandCheck.Check(command)) return { passes: false, reason: 'It is no valid command.' };
    const { accountId, simulatorId } = command;
    if (accountId !== address.accountId || simulatorId !== address.simulatorId) {
      return { passes: false, reason: 'It names another simulator than its subject.' };
    }
    return this.#speaksFor(address, command, message);
  }

  async #speaksFor(
    { accountId }: SimulatorAddress,
    command: Command,
    { headers, storedAtMs }: StoredMessage,
  ): Promise<Verdict> {
    try {
      // Judged by when it was stored: a late redelivery must give the same verdict.
      const token = headers[HEADERS.authorization]?.replace(/^Bearer /i, '');
      const principal = await this.#tokens.verify(token, { atMs: storedAtMs });
      if (principal.accountId !== accountId) {
        return { passes: false, reason: 'Its token speaks for another account.' };
      }
      return principal.userId === OPERATOR_USER_ID || !isForOperators(command)
        ? { passes: true, command }
        : { passes: false, reason: 'Only an operator’s token may ask for that.' };
    } catch (error) {
      const { type } = error as { type?: string };
      if (type === 'unauthenticated' || type === 'tokenExpired') {
        return { passes: false, reason: `Its token does not verify (${type}).` };
      }
      return { passes: 'later' };
    }
  }
}

/**
 * Switches that a trader cannot lift must not be his to set, or he would lift them by a forged name.
 * A cancel in his place says so, and nobody else may say it.
 */
const isForOperators = ({ body }: Command): boolean =>
  body.type === 'unhalt' ||
  (body.type === 'cancelAll' && body.cause !== undefined) ||
  (body.type === 'killSwitch' && (body.by === 'operator' || body.scope === 'global'));

/** Keeps a copy of a command that will not be executed. At least once; the token is not copied. */
export async function deadLetter(
  bus: Bus,
  address: SimulatorAddress,
  message: StoredMessage,
  reason: string,
): Promise<void> {
  const { sequence, storedAtMs, data } = message;
  const text = new TextDecoder().decode(data.subarray(0, 16_384));
  const body = { reason, sequence, storedAt: new Date(storedAtMs).toISOString(), text };
  try {
    const id = `${address.simulatorId}/dlq/${sequence}`;
    await bus.publish(subjects.deadLetter(address), body, { stream: 'DEADLETTERS', id });
  } catch (error) {
    // A second copy refused by the server is no reason to hold up the trader's next command.
    if (!(error instanceof BusError) || error.failure !== 'refused') throw error;
  }
}
