/** Commands to a simulator's clock: published once, answered by their committed record. */
import { createHash } from 'node:crypto';
import { BusError, type Published, type PublishOptions } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { Outcome, OutcomeWaiter } from '../platform/outcomes.ts';

const PUBLISH_TIMEOUT_MS = 1_500;
const RETRY_SECONDS = 1;

/**
 * Id of a command to a simulator's clock.
 *
 * @param key  The request's Idempotency-Key: the same key is the same command, so that a step whose
 *             answer was lost is not taken twice. Without one each request is a new command.
 */
export function clockCommandId(
  type: CommandBody['type'],
  simulatorId: string,
  key?: string,
): string {
  if (key === undefined) return `${type}-${newId()}`;
  const hash = createHash('sha256').update(`${type}\n${simulatorId}\n${key}`).digest('base64url');
  return `${type}-${hash.slice(0, 32)}`;
}

export interface ClockCommand {
  accountId: string;
  simulatorId: string;
  /** Repeating an id is the same command. */
  commandId: string;
  correlationId: string;
  token: string;
  body: CommandBody;
  /** How long to wait for the record. */
  timeoutMs: number;
}

export type Publish = (
  subject: string,
  body: unknown,
  options: PublishOptions,
) => Promise<Published>;

/** Nothing was stored: the command does not exist. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError';
}

export class ClockCommands {
  readonly #publish: Publish;
  readonly #waiter: Pick<OutcomeWaiter, 'expect'>;
  readonly #now: () => number;

  constructor(publish: Publish, waiter: Pick<OutcomeWaiter, 'expect'>, now = Date.now) {
    this.#publish = publish;
    this.#waiter = waiter;
    this.#now = now;
  }

  /**
   * @throws NotStoredError with a problem as its cause; problem `outcomeUnknown` when no record came
   *         in time, which says nothing about what the command does.
   */
  async send(command: ClockCommand): Promise<Outcome> {
    const expectation = this.#waiter.expect(command, command.timeoutMs);
    try {
      if (await this.#store(command)) expectation.askNow();
    } catch (error) {
      expectation.cancel();
      throw error;
    }
    const outcome = await expectation.outcome;
    if (!outcome) throw problem('outcomeUnknown', { commandId: command.commandId });
    return outcome;
  }

  /** @returns whether it had been stored before, or that is not known. */
  async #store(command: ClockCommand): Promise<boolean> {
    try {
      return (await this.#publishOnce(command)).duplicate;
    } catch (error) {
      if (!(error instanceof BusError) || error.failure !== 'unknown') throw notStored(error);
    }
    // It may be stored. The identical message once more: its id keeps it single.
    await this.#publishOnce(command).catch(() => null);
    return true;
  }

  #publishOnce(command: ClockCommand): Promise<Published> {
    const { accountId, simulatorId, commandId, correlationId, token, body } = command;
    const receivedAt = new Date(this.#now()).toISOString();
    const ids = { commandId, simulatorId, accountId, correlationId };
    return this.#publish(
      subjects.command(command, body.type),
      { ...ids, receivedAt, deadlineAt: null, body },
      {
        stream: 'COMMANDS',
        id: `${simulatorId}/${commandId}`,
        headers: { [HEADERS.authorization]: token, [HEADERS.correlationId]: correlationId },
        timeoutMs: PUBLISH_TIMEOUT_MS,
      },
    );
  }
}

function notStored(error: unknown): unknown {
  const isFull = error instanceof BusError && error.failure === 'full';
  const code = isFull ? 'backlogFull' : 'unavailable';
  const cause = problem(code, { retryAfterSeconds: RETRY_SECONDS, cause: error });
  return new NotStoredError('The command was not stored.', { cause });
}
