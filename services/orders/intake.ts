/**
 * The order path of one request: publish the command, wait for its committed record. Nothing here
 * touches a database, and nothing is ever sent again under another id.
 */
import { BusError, type Published, type PublishOptions } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { laneOf, subjects } from '@sandpit/bus/subjects.ts';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import { problem } from '../platform/errors.ts';
import type { Outcome, OutcomeWaiter } from '../platform/outcomes.ts';
import { commandOf, type Envelope } from './command.ts';

/** How long a request waits for its committed answer before it says `outcomeUnknown`. */
const OUTCOME_TIMEOUT_MS = 2_000;
const PUBLISH_TIMEOUT_MS = 800;
const BACKLOG_RETRY_SECONDS = 1;

export type PublishCommand = (
  subject: string,
  body: unknown,
  options: PublishOptions,
) => Promise<Published>;

export interface Submitted {
  outcome: Outcome;
  /** The command had been stored before: this is the answer it got then. */
  repeated: boolean;
}

export class Intake {
  readonly #publish: PublishCommand;
  readonly #waiter: Pick<OutcomeWaiter, 'expect' | 'recent'>;
  readonly #now: () => number;

  constructor(
    publish: PublishCommand,
    waiter: Pick<OutcomeWaiter, 'expect' | 'recent'>,
    now: () => number = Date.now,
  ) {
    this.#publish = publish;
    this.#waiter = waiter;
    this.#now = now;
  }

  /** The answer this process has already seen, if it has. */
  recent({ simulatorId, commandId }: Envelope): Submitted | null {
    const outcome = this.#waiter.recent(simulatorId, commandId);
    return outcome && { outcome, repeated: true };
  }

  /**
   * @param token    The trader's access token; the worker verifies it again.
   * @param untilMs  The venue refuses what it gets to later, ms since the epoch; null = it has time.
   * @throws problem `backlogFull`, `unavailable` (nothing was sent) or `outcomeUnknown`.
   */
  async send(
    envelope: Envelope,
    body: CommandBody,
    token: string,
    untilMs: number | null = null,
  ): Promise<Submitted> {
    const expectation = this.#waiter.expect(
      envelope,
      OUTCOME_TIMEOUT_MS,
      laneOf(body.type) === 'cancel',
    );
    let repeated = false;
    try {
      const published = await this.store(envelope, body, token, untilMs);
      if (published?.duplicate) {
        repeated = true;
        expectation.askNow();
      }
    } catch (error) {
      expectation.cancel();
      throw error;
    }
    const outcome = await expectation.outcome;
    if (!outcome) throw problem('outcomeUnknown', { commandId: envelope.commandId });
    return { outcome, repeated };
  }

  /**
   * Stores the command; after an ambiguous answer the identical message once more, which its id makes
   * harmless. Null when both are ambiguous: only the record can tell then.
   *
   * @throws problem `backlogFull` or `unavailable`: nothing was stored.
   */
  async store(
    envelope: Envelope,
    body: CommandBody,
    token: string,
    untilMs: number | null = null,
  ): Promise<Published | null> {
    const command = commandOf(envelope, body, this.#now(), untilMs);
    const options: PublishOptions = {
      stream: 'COMMANDS',
      id: `${envelope.simulatorId}/${envelope.commandId}`,
      headers: {
        [HEADERS.authorization]: token,
        [HEADERS.correlationId]: envelope.correlationId,
      },
      timeoutMs: PUBLISH_TIMEOUT_MS,
    };
    const subject = subjects.command(envelope, body.type);
    const publish = () => this.#publish(subject, command, options);
    try {
      return await publish();
    } catch (error) {
      if (failureOf(error) !== 'unknown') throw refusal(error);
    }
    try {
      return await publish();
    } catch {
      return null;
    }
  }
}

function failureOf(error: unknown) {
  return error instanceof BusError ? error.failure : null;
}

function refusal(error: unknown): unknown {
  switch (failureOf(error)) {
    case 'full':
      return problem('backlogFull', { retryAfterSeconds: BACKLOG_RETRY_SECONDS, cause: error });
    case 'unavailable':
      return problem('unavailable', { retryAfterSeconds: BACKLOG_RETRY_SECONDS, cause: error });
    default:
      return error;
  }
}
