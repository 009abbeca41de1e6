/** News of a simulated market, as its scenario's script lets them out. */
import Type, { type Static } from 'typebox';
import { InstrumentSymbol, Timestamp } from './units.ts';

export const Headline = Type.Object(
  {
    at: Type.String({ ...Timestamp, description: 'Simulated time.' }),
    symbol: Type.Union([InstrumentSymbol, Type.Null()], {
      description: 'null = of no instrument.',
    }),
    text: Type.String({ maxLength: 200 }),
  },
  { $id: 'Headline' },
);
export type Headline = Static<typeof Headline>;
