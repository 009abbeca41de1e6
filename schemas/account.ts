/** What kind of account a simulator is traded with, and on which terms. Chosen at its start. */
import Type, { type Static } from 'typebox';
import { FeeSchedule } from './fees.ts';
import { MarginTerms } from './margin.ts';
import { Id } from './units.ts';

/**
 * - `collateral`: pays in full; may sell short against 100 % of its own cash. The default.
 * - `cash`: pays in full with settled cash, and sells what it has.
 * - `margin`: borrows against its equity, long and short; see `margin.ts`.
 */
export const AccountType = Type.Union(
  [Type.Literal('collateral'), Type.Literal('cash'), Type.Literal('margin')],
  { $id: 'AccountType' },
);
export type AccountType = Static<typeof AccountType>;

const SettlementDays = Type.Integer({
  minimum: 0,
  maximum: 3,
  description:
    'The proceeds of a sale of equities can be spent in a cash account with the n-th business day ' +
    'that begins after it, at its UTC midnight. Weekends and the scenario’s holidays are none.',
});

/** As the start command records them, so that nothing outside the log decides what money does. */
export const AccountTerms = Type.Object(
  {
    type: AccountType,
    settlementDays: SettlementDays,
    fees: FeeSchedule,
    margin: Type.Optional(MarginTerms),
  },
  { $id: 'AccountTerms', additionalProperties: false },
);
export type AccountTerms = Static<typeof AccountTerms>;

/** What a scenario prescribes or offers; the start request may choose another type and schedule. */
export const ScenarioAccount = Type.Object(
  {
    type: Type.Optional(AccountType),
    settlementDays: Type.Optional(SettlementDays),
    margin: Type.Optional(Type.Partial(MarginTerms, { $id: 'ScenarioMarginTerms' })),
    feeSchedule: Type.Optional(
      Type.String({ ...Id, description: 'Name of a known schedule, or of one of `feeSchedules`.' }),
    ),
    feeSchedules: Type.Optional(Type.Array(FeeSchedule, { maxItems: 8 })),
  },
  { $id: 'ScenarioAccount', additionalProperties: false },
);
export type ScenarioAccount = Static<typeof ScenarioAccount>;

/** US equities settle on the day after the trade (SEC rule 15c6-1, since 28 May 2024). */
export const DEFAULT_SETTLEMENT_DAYS = 1;
