/**
 * The network lab: faults that a trader puts on purpose on the connection of one session, for a while,
 * and how it went. They reach nobody else, and end by themselves.
 */
import Type, { type Static } from 'typebox';
import { Decimal, Id, Timestamp } from './units.ts';

const closed = { additionalProperties: false };
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const LAB_SECONDS_MAX = 3_600;
/** A connection that is away longer than this has nothing more to teach. */
export const OUTAGE_SECONDS_MAX = 120;
export const LAB_FAULTS_MAX = 12;

const from = {
  fromSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LAB_SECONDS_MAX,
      description: 'After the lab has begun; absent: at once.',
    }),
  ),
};
const span = {
  ...from,
  seconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LAB_SECONDS_MAX,
      description: 'Absent: to the end of the lab.',
    }),
  ),
};
const outage = { ...from, seconds: Type.Integer({ minimum: 1, maximum: OUTAGE_SECONDS_MAX }) };

export const LabFault = Type.Union(
  [
    Type.Object(
      {
        ...span,
        type: Type.Literal('latency'),
        delayMs: Type.Integer({
          minimum: 0,
          maximum: 5_000,
          description: 'Added in each direction.',
        }),
        jitterMs: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 5_000,
            description: 'Up to so much more, evenly drawn; what is sent never overtakes.',
          }),
        ),
      },
      closed,
    ),
    Type.Object(
      {
        ...span,
        type: Type.Literal('loss'),
        ratio: Type.Number({
          exclusiveMinimum: 0,
          maximum: 0.9,
          description:
            'Share of requests whose connection breaks: half of them on the way there, half on the ' +
            'way back, when all is done.',
        }),
      },
      closed,
    ),
    Type.Object(
      { ...outage, type: Type.Literal('disconnect') },
      { ...closed, description: 'Connections are reset, and new ones too.' },
    ),
    Type.Object(
      {
        ...outage,
        type: Type.Literal('halfOpen'),
        direction: Type.Optional(
          Type.Union([Type.Literal('both'), Type.Literal('toClient'), Type.Literal('toVenue')], {
            description: 'Where nothing gets through any more; absent: both.',
          }),
        ),
      },
      {
        ...closed,
        description:
          'Connections stay open and nothing arrives. A stream that was open stays dead afterwards, ' +
          'until the client opens another one or the lab ends.',
      },
    ),
    Type.Object(
      {
        ...span,
        type: Type.Literal('throttle'),
        bytesPerSecond: Type.Integer({
          minimum: 4_096,
          maximum: 10_000_000,
          description: 'To the client: of each stream, and of all answers together.',
        }),
      },
      closed,
    ),
    Type.Object(
      { ...span, type: Type.Literal('submitsDown') },
      { ...closed, description: 'New orders and changes are answered `unavailable`.' },
    ),
    Type.Object(
      { ...span, type: Type.Literal('cancelsDown') },
      { ...closed, description: 'Cancels are answered `unavailable`.' },
    ),
    Type.Object(
      { ...span, type: Type.Literal('staleBook') },
      { ...closed, description: 'Market data stands still; orders and fills go on.' },
    ),
    Type.Object(
      {
        ...span,
        type: Type.Literal('rejects'),
        ratio: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1,
          description: 'Share of new orders and changes that are refused with `labRejected`.',
        }),
      },
      closed,
    ),
  ],
  { $id: 'LabFault' },
);
export type LabFault = Static<typeof LabFault>;

export const LabRequest = Type.Object(
  {
    seconds: Type.Integer({
      minimum: 1,
      maximum: LAB_SECONDS_MAX,
      description: 'After so long it ends, whatever happens.',
    }),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 0xffff_ffff,
        description: 'The same seed draws the same faults for the same requests.',
      }),
    ),
    faults: Type.Array(LabFault, { minItems: 1, maxItems: LAB_FAULTS_MAX }),
  },
  { $id: 'LabRequest', ...closed },
);
export type LabRequest = Static<typeof LabRequest>;

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** What the client made of it. Complete once the lab has ended and the client sees again. */
export const LabScore = Type.Object(
  {
    requests: count('Sent while the lab ran.'),
    requestsLost: count('That the venue never saw.'),
    answersLost: count('That the venue carried out and the client did not hear of.'),
    refused: count('By the faults of the venue.'),
    repeatsSent: count('Orders sent again under their own clientOrderId: harmless.'),
    duplicatesSent: count(
      'Orders sent again under another clientOrderId while the answer to the first was lost.',
    ),
    cancelsMissed: count(
      'Orders that reached the venue after a cancel of all that was sent later: they are open, and ' +
        'nothing has said so.',
    ),
    outages: count('Times that the client was blind: no stream reached it.'),
    blindMs: count('All outages together, up to now.'),
    isBlind: Type.Boolean(),
    resyncMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'Longest time from the end of a fault until the client was up to date again.',
    }),
    fillsMissed: count('Fills that happened while it was blind.'),
    exposureWorst: Type.String({
      ...Decimal,
      description: 'Largest value of positions held while blind, at the prices afterwards.',
    }),
    exposureSeconds: Type.String({
      ...Decimal,
      description: 'That value times how long it was held, in seconds.',
    }),
  },
  { $id: 'LabScore' },
);
export type LabScore = Static<typeof LabScore>;

export const LabEnd = Type.Union(
  [
    Type.Literal('timer'),
    Type.Literal('trader'),
    Type.Literal('replaced'),
    Type.Literal('sessionEnded'),
  ],
  { $id: 'LabEnd' },
);
export type LabEnd = Static<typeof LabEnd>;

export const Lab = Type.Object(
  {
    id: Id,
    sessionId: Id,
    state: Type.Union([Type.Literal('running'), Type.Literal('ended')]),
    seed: Type.Integer(),
    faults: Type.Array(LabFault),
    startedAt: Timestamp,
    endsAt: Type.String({ ...Timestamp, description: 'At the latest.' }),
    endedAt: nullable(Timestamp),
    endedBy: nullable(LabEnd),
    score: LabScore,
  },
  { $id: 'Lab' },
);
export type Lab = Static<typeof Lab>;

export const LabAnswer = Type.Object(
  { lab: Type.Union([Lab, Type.Null()], { description: 'The newest; null = none so far.' }) },
  { $id: 'LabAnswer' },
);
export type LabAnswer = Static<typeof LabAnswer>;
