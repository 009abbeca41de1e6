/**
 * A capsule: everything that makes a simulator's market and trades happen again, bit for bit, in one
 * file. JSON lines: a header, one step for each record that changed something, an end. Nothing in it
 * says whose it was.
 */
import Type, { type Static } from 'typebox';
import { CommandBody } from './command.ts';
import { STANDING_SWITCHES_MAX, StandingSwitch } from './risk.ts';
import { Scenario } from './scenario.ts';
import { Id, Sequence, SimNs, Timestamp } from './units.ts';

export const CAPSULE_FORMAT = 'sandpit-capsule';
export const CAPSULE_VERSION = 1;
/** Larger files are refused unread. */
export const MAX_CAPSULE_BYTES = 256 * 1024 * 1024;

const Hash64 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Hash16 = Type.String({ pattern: '^[0-9a-f]{16}$' });
const closed = { additionalProperties: false };

export const CapsuleHeader = Type.Object(
  {
    format: Type.Literal(CAPSULE_FORMAT),
    version: Type.Literal(CAPSULE_VERSION),
    engineVersion: Type.String({
      maxLength: 32,
      description: 'Rules by which commands and seeds become events; others give another market.',
    }),
    simulatorId: Id,
    scenarioHash: Hash64,
    scenario: Scenario,
  },
  { $id: 'CapsuleHeader', ...closed },
);
export type CapsuleHeader = Static<typeof CapsuleHeader>;

export const CapsuleCommand = Type.Object(
  {
    sequence: Sequence,
    commandId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,48}$' }),
    deadlineAt: Type.Union([Timestamp, Type.Null()]),
    body: CommandBody,
  },
  closed,
);
export type CapsuleCommand = Static<typeof CapsuleCommand>;

/** One turn: the market up to `simNs`, then the commands. */
export const CapsuleStep = Type.Object(
  {
    n: Type.Integer({ minimum: 1, description: 'Of the record; grows.' }),
    simNs: SimNs,
    wallAt: Timestamp,
    commands: Type.Array(CapsuleCommand, { maxItems: 1_000 }),
    pacedTo: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 100 }), Type.Null()]),
    ),
    hibernation: Type.Optional(Type.Union([Type.Literal('begins'), Type.Literal('ends')])),
    switches: Type.Optional(
      Type.Array(StandingSwitch, { minItems: 1, maxItems: STANDING_SWITCHES_MAX }),
    ),
    events: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'SHA-256 of the canonical JSON of what happened.',
    }),
    stateHash: Hash16,
  },
  { $id: 'CapsuleStep', ...closed },
);
export type CapsuleStep = Static<typeof CapsuleStep>;

export const CapsuleEnd = Type.Object(
  {
    end: Type.Literal(true),
    simNs: Type.Unsafe<SimNs>({ ...SimNs, description: 'The market ran on to here.' }),
    steps: Type.Integer({ minimum: 1 }),
    tapeHash: Hash16,
    sha256: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'Of every byte before this line.',
    }),
  },
  { $id: 'CapsuleEnd', ...closed },
);
export type CapsuleEnd = Static<typeof CapsuleEnd>;
