/** How lifelike the market of a session was: the realism certificate, statistic by statistic. */
import Type, { type Static } from 'typebox';
import { Id, InstrumentSymbol, Timestamp } from './units.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const CertificateVerdict = Type.Union(
  [
    Type.Literal('within'),
    Type.Literal('strays'),
    Type.Literal('outside'),
    Type.Literal('tooShort'),
    Type.Literal('notMeasured'),
  ],
  {
    description:
      '`within` the band; `strays` out of it, no further than a single session may (twice its width); ' +
      '`outside`; `tooShort`: the session has too little of what the statistic is made of; ' +
      '`notMeasured`: one session cannot show it, however long.',
  },
);
export type CertificateVerdict = Static<typeof CertificateVerdict>;

export const CertificateNeed = Type.Union([
  Type.Literal('minutes'),
  Type.Literal('marketOrders'),
  Type.Literal('days'),
]);
export type CertificateNeed = Static<typeof CertificateNeed>;

export const CertificatePart = Type.Object(
  {
    id: Type.String(),
    name: Type.String({ description: 'What is measured, with its unit.' }),
    value: nullable(Type.Number({ description: 'Null unless there was enough to tell.' })),
    low: nullable(Type.Number({ description: 'Lower end of the band; null = none.' })),
    high: nullable(Type.Number({ description: 'Upper end of the band; null = none.' })),
    verdict: CertificateVerdict,
    need: nullable(
      Type.Object({
        of: CertificateNeed,
        least: Type.Integer({ description: 'That the statistic takes.' }),
        has: Type.Integer({ description: 'That the session has.' }),
      }),
    ),
  },
  { $id: 'CertificatePart' },
);
export type CertificatePart = Static<typeof CertificatePart>;

export const CertificateTest = Type.Object(
  {
    id: Type.String({ description: 'R1 to R18.' }),
    name: Type.String(),
    verdict: CertificateVerdict,
    parts: Type.Array(CertificatePart),
  },
  { $id: 'CertificateTest' },
);
export type CertificateTest = Static<typeof CertificateTest>;

export const CertificatePlot = Type.Object(
  {
    test: Type.String({ description: 'The test that it belongs to.' }),
    title: Type.String(),
    x: Type.String(),
    y: Type.String(),
    series: Type.Array(
      Type.Object({
        name: Type.String(),
        points: Type.Array(Type.Object({ x: Type.Number(), y: nullable(Type.Number()) })),
      }),
    ),
  },
  { $id: 'CertificatePlot' },
);
export type CertificatePlot = Static<typeof CertificatePlot>;

export const SessionCertificate = Type.Object(
  {
    simulatorId: Id,
    symbol: InstrumentSymbol,
    tickClass: Type.Union([Type.Literal('small'), Type.Literal('large')], {
      description: 'Large: one tick is the usual spread.',
    }),
    from: Timestamp,
    to: Timestamp,
    minutes: Type.Integer({ description: 'Of continuous trading that were looked at.' }),
    marketOrders: Type.Integer(),
    tapeHash: Type.String(),
    tests: Type.Array(CertificateTest),
    plots: Type.Array(CertificatePlot, { description: 'Of what there is enough of.' }),
  },
  { $id: 'SessionCertificate' },
);
export type SessionCertificate = Static<typeof SessionCertificate>;
