/** A simulator's clock on REST: what moves it, and where it stands. */
import Type, { type Static } from 'typebox';
import { MAX_SEEK_SECONDS, StepUnit } from './command.ts';
import { Id, Timestamp } from './units.ts';

const closed = { additionalProperties: false };

export const SimulatorState = Type.Union(
  [
    Type.Literal('starting'),
    Type.Literal('running'),
    Type.Literal('paused'),
    Type.Literal('hibernated'),
    Type.Literal('halted'),
    Type.Literal('stopped'),
  ],
  {
    $id: 'SimulatorState',
    description:
      '`hibernated`: nobody was there for long, so its time stands and nothing of it runs. The ' +
      'next request, order or stream wakes it where it stood; it needs no call of its own.',
  },
);
export type SimulatorState = Static<typeof SimulatorState>;
/** Where the simulated clock of a venue stands. */
export const ClockView = Type.Object(
  {
    state: SimulatorState,
    simulatedAt: Timestamp,
    speed: Type.Number({ description: 'As asked for; 1 = real time.' }),
    realSpeed: Type.Number({
      description: 'Less than `speed` while its machine cannot keep up with that.',
    }),
    lagging: Type.Boolean(),
    lateMs: Type.Number({
      minimum: 0,
      description: 'How far the market is behind its clock now, in real ms.',
    }),
    seekingTo: Type.Union([
      Type.String({
        ...Timestamp,
        description: 'A step or jump under way ends here at the latest.',
      }),
      Type.Null(),
    ]),
    tapeHash: Type.String({
      pattern: '^[0-9a-f]{16}$',
      description: 'Fingerprint of every trade so far: equal for the same seed and orders.',
    }),
  },
  { $id: 'ClockView' },
);
export type ClockView = Static<typeof ClockView>;
/** Runs on by `count` (1) units and stands still there; `event` is one of any book. */
export const StepRequest = Type.Object(
  { unit: StepUnit, count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })) },
  { $id: 'StepRequest', ...closed },
);
export type StepRequest = Static<typeof StepRequest>;
/** Where to jump to: a simulated time, or the next thing that happens to one's own orders. */
export const JumpRequest = Type.Object(
  {
    to: Type.Optional(
      Type.String({ ...Timestamp, description: 'Simulated time, at most eight hours ahead.' }),
    ),
    nextOwnEvent: Type.Optional(
      Type.Literal(true, { description: 'Instead of `to`: until one of your orders changes.' }),
    ),
    withinSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_SEEK_SECONDS,
        description: 'With `nextOwnEvent`: how far at most, in simulated seconds; 3600.',
      }),
    ),
  },
  { $id: 'JumpRequest', ...closed },
);
export type JumpRequest = Static<typeof JumpRequest>;
/** Where the fork parts from its simulator; at the newest record when neither is given. */
export const ForkRequest = Type.Object(
  {
    atSeq: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '`sequence` of the last record that both share.',
      }),
    ),
    beforeOrder: Type.Optional(
      Type.String({ ...Id, description: 'Or up to the moment before this order came.' }),
    ),
  },
  { $id: 'ForkRequest', ...closed },
);
export type ForkRequest = Static<typeof ForkRequest>;
export const SpeedRequest = Type.Object(
  { speed: Type.Number({ minimum: 0.1, maximum: 100 }) },
  { $id: 'SpeedRequest', ...closed },
);
