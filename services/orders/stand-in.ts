/** Cancels in a trader's place: by the house, in the log, and saying why. */
import { CancelCause } from '@sandpit/schemas/command.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type, { type Static } from 'typebox';
import { openAction } from '../platform/action.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { Intake } from './intake.ts';

const TIMEOUT_MS = 5_000;

const StandInCancel = Type.Object(
  {
    accountId: Id,
    simulatorId: Id,
    /** Names what it is for: the same id is the same cancel, however often it is asked for. */
    commandId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,48}$' }),
    cause: CancelCause,
    keepGtc: Type.Boolean(),
  },
  { additionalProperties: false },
);

export class StandIn {
  readonly #intake: Pick<Intake, 'store'>;
  readonly #operatorToken: (accountId: string) => Promise<string>;

  constructor(
    intake: Pick<Intake, 'store'>,
    operatorToken: (accountId: string) => Promise<string>,
  ) {
    this.#intake = intake;
    this.#operatorToken = operatorToken;
  }

  /** @throws problem `unavailable` or `backlogFull` when it is not known to be stored. */
  async cancelAll(request: Static<typeof StandInCancel>): Promise<void> {
    const { accountId, simulatorId, commandId, cause, keepGtc } = request;
    const envelope = { commandId, simulatorId, accountId, correlationId: newId() };
    const body = { type: 'cancelAll', symbol: null, side: null, keepGtc, cause } as const;
    const token = await this.#operatorToken(accountId);
    if (!(await this.#intake.store(envelope, body, token))) throw problem('unavailable');
  }
}

export interface StandInVars {
  standIn: StandIn;
}

export const standInActions = {
  /** Not reachable from the gateway: no route names it. Resolves when the command is stored. */
  cancelFor: openAction<typeof StandInCancel, Service & StandInVars>({
    params: StandInCancel,
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    async handler({ params }) {
      await this.standIn.cancelAll(params as Static<typeof StandInCancel>);
      return null;
    },
  }),
};
