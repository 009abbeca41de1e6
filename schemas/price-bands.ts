/**
 * Price bands of an instrument, after the Limit Up–Limit Down plan of the US exchanges.
 *
 * Around the mean price of the last five minutes lies a band outside which nothing trades: 5 % for
 * tier 1 and 10 % for tier 2 above a price of 3, 20 % from 0.75 to 3, and below that the lesser of
 * 0.15 and 75 %. What is absent below is as in the plan.
 */
import Type, { type Static } from 'typebox';

const seconds = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

export const PriceBands = Type.Object(
  {
    tier: Type.Union([Type.Literal(1), Type.Literal(2)]),
    doubledFirstSeconds: seconds(
      0,
      86_400,
      'Twice as wide for so long after the open; 900. Only with a session.',
    ),
    doubledLastSeconds: seconds(
      0,
      86_400,
      'Twice as wide for so long before the closing auction, except tier 2 above a price of 3; 1500.',
    ),
    limitStateSeconds: seconds(
      5,
      3_600,
      'A best price that stands at the band for so long halts the instrument; 15.',
    ),
    pauseSeconds: seconds(
      2,
      86_400,
      'From that halt to the end of its reopening auction, if that is not prolonged; 300.',
    ),
  },
  { $id: 'PriceBands', additionalProperties: false },
);
export type PriceBands = Static<typeof PriceBands>;

/**
 * - `limitUp`: the best bid stands at the upper band, `limitDown`: the best ask at the lower one.
 * - `straddle`: the best bid lies below the lower band or the best ask above the upper one, where it
 *   cannot trade.
 */
export const LimitState = Type.Union(
  [
    Type.Literal('none'),
    Type.Literal('limitUp'),
    Type.Literal('limitDown'),
    Type.Literal('straddle'),
  ],
  { $id: 'LimitState' },
);
export type LimitState = Static<typeof LimitState>;
