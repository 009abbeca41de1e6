/**
 * What a scenario lets happen at a simulated time, whoever trades. One shape per type; a scenario's
 * `script` holds them in the order of their times, and of two at the same time the first comes first.
 */
import Type, { type Static } from 'typebox';
import { HaltReason } from './session.ts';
import { InstrumentSymbol, PositiveDecimal } from './units.ts';

const at = {
  atSeconds: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    description: 'Simulated seconds since `opensAt`; the warm-up counts.',
  }),
};

/** Trading in an instrument stops. Nothing happens when it is halted already. */
export const HaltEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('halt'),
    symbol: InstrumentSymbol,
    reason: HaltReason,
    seconds: Type.Union([Type.Integer({ minimum: 1, maximum: 604_800 }), Type.Null()], {
      description: 'Until its reopening auction begins; null = until somebody reopens it.',
    }),
  },
  { additionalProperties: false },
);

/** The reopening auction of a halted instrument begins. */
export const ReopenEvent = Type.Object(
  { ...at, type: Type.Literal('reopen'), symbol: InstrumentSymbol },
  { additionalProperties: false },
);

/** An instrument trades without its dividend from here on: the ex-date. Long receives, short pays. */
export const DividendEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('dividend'),
    symbol: InstrumentSymbol,
    amount: Type.String({
      ...PositiveDecimal,
      description: 'Per unit, in the currency; whole millionths on a lot.',
    }),
  },
  { additionalProperties: false },
);

export const ScriptEvent = Type.Union([HaltEvent, ReopenEvent, DividendEvent], {
  $id: 'ScriptEvent',
});
export type ScriptEvent = Static<typeof ScriptEvent>;
