/** The one durable record: what a turn of a simulator did. It is the commit. */
import Type, { type Static } from 'typebox';
import { RecordedCommand } from './command.ts';
import { VenueEvent } from './event.ts';
import { STANDING_SWITCHES_MAX, StandingSwitch } from './risk.ts';
import { Id, Sequence, SimNs, Timestamp } from './units.ts';

const Hash = Type.String({ pattern: '^[0-9a-f]{16,64}$' });

/**
 * - `owner`: a new worker took the simulator over; nothing else may be emitted in its epoch before.
 * - `turn`: commands executed at `simNs`, or (no commands) a market step that touched the trader.
 * - `quarantined`: the commands in it were not executed because they kept killing their worker.
 */
export const EventRecord = Type.Object(
  {
    version: Type.Literal(1),
    type: Type.Union([Type.Literal('owner'), Type.Literal('turn'), Type.Literal('quarantined')]),
    simulatorId: Id,
    accountId: Id,
    n: Type.Integer({ minimum: 1, description: 'Counts the simulator’s records without a gap.' }),
    epoch: Type.Integer({ minimum: 1 }),
    worker: Id,
    engineVersion: Type.String({ maxLength: 32 }),
    simNs: Type.Unsafe<SimNs>({ ...SimNs, description: 'Simulated time at which it happened.' }),
    wallAt: Type.String({ ...Timestamp, description: 'Host time given to the engine as input.' }),
    commands: Type.Array(RecordedCommand),
    lastCommandSequence: Sequence,
    pacedTo: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
        description:
          'Given to the engine as input after everything else: the speed that the worker can keep ' +
          'up with; null = the one that was asked for, again.',
      }),
    ),
    hibernation: Type.Optional(
      Type.Union([Type.Literal('begins'), Type.Literal('ends')], {
        description: 'Given to the engine as input after everything else.',
      }),
    ),
    switches: Type.Optional(
      Type.Array(StandingSwitch, {
        minItems: 1,
        maxItems: STANDING_SWITCHES_MAX,
        description:
          'Where hibernation ends: kill switches of its account and of all that were set or lifted ' +
          'meanwhile, given to the engine as input last.',
      }),
    ),
    events: Type.Array(VenueEvent),
    previousSequence: Type.Integer({
      ...Sequence,
      description: 'Stream sequence of record n − 1.',
    }),
    previousHash: Hash,
    stateHash: Type.String({ ...Hash, description: 'Hash of the venue after this record.' }),
    hash: Type.String({ ...Hash, description: 'SHA-256 over this record without this field.' }),
  },
  { $id: 'EventRecord', additionalProperties: false },
);
export type EventRecord = Static<typeof EventRecord>;

/** `previousHash` of the first record. */
export const GENESIS_HASH = '0'.repeat(64);
