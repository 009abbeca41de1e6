/** A simulator in memory: its venue and what the log says beside it. Rebuilt at will from the log. */

import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import { type Command, reducesRisk } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import type { Venue } from '../venue/venue.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Head, headAfter } from './record.ts';

/** Commands whose record is remembered; as many as the venue keeps outcomes. */
export const REMEMBERED_COMMANDS = 2_048;
/** Answers the runtime gave in place of the engine. Rare: a halted or a broken simulator. */
const REMEMBERED_ANSWERS = 256;
/** Orders and executions whose last record is remembered. */
const REMEMBERED_CHANGES = 2_048;

/** How the simulator came about and, when it has, ended. For people. */
export interface Life {
  sessionId: string;
  scenarioId: string;
  seed: number;
  startedAt: string;
  stoppedAt: string | null;
}

export interface Memory {
  /** Null before the start command. */
  life: Life | null;
  /** Set by a quarantined record; only what reduces risk passes from then on. */
  halted: boolean;
  /** Command id -> events of an answer that the venue does not know. */
  answers: BoundedMap<string, VenueEvent[]>;
  /** Command id -> stream sequence of its record. */
  recordOf: BoundedMap<string, number>;
  /** Order or execution id -> stream sequence of the record that changed it last. */
  changedAt: BoundedMap<string, number>;
}

export interface Replica {
  readonly address: SimulatorAddress;
  readonly scenarioHash: string;
  readonly venue: Venue;
  readonly memory: Memory;
  head: Head;
}

export interface StoredMemory {
  life: Life | null;
  halted: boolean;
  answers: [string, VenueEvent[]][];
  recordOf: [string, number][];
  changedAt: [string, number][];
}

export function createMemory(stored?: StoredMemory): Memory {
  return {
    life: stored?.life ?? null,
    halted: stored?.halted ?? false,
    answers: new BoundedMap(REMEMBERED_ANSWERS, stored?.answers),
    recordOf: new BoundedMap(REMEMBERED_COMMANDS, stored?.recordOf),
    changedAt: new BoundedMap(REMEMBERED_CHANGES, stored?.changedAt),
  };
}

export function storedMemory(memory: Memory): StoredMemory {
  const { life, halted, answers, recordOf, changedAt } = memory;
  return {
    life,
    halted,
    answers: answers.entries(),
    recordOf: recordOf.entries(),
    changedAt: changedAt.entries(),
  };
}

/** Has this command its record already? */
export function isDecided({ memory, venue }: Replica, commandId: string): boolean {
  return memory.recordOf.has(commandId) || venue.outcome(commandId) !== null;
}

/** Committed answer to a command; null when there is none (any more). */
export function outcomeOf({ memory, venue }: Replica, commandId: string) {
  const events = memory.answers.get(commandId) ?? venue.outcome(commandId)?.events;
  return events ? { sequence: memory.recordOf.get(commandId) ?? 0, events } : null;
}

/** Why a halted simulator does not pass the command on to its engine; null = it does. */
export function haltRefusal({ memory }: Replica, { body }: Command): RejectReason | null {
  return memory.halted && !reducesRisk(body) ? 'simulatorHalted' : null;
}

/**
 * What the runtime answers in the engine's place; null = the engine is asked. A halted simulator
 * refuses what does not reduce risk, until an operator ends the halt.
 */
export function ownAnswer(replica: Replica, command: Command, atNs: SimNs): VenueEvent[] | null {
  const { commandId, body } = command;
  const { clock } = replica.venue;
  if (body.type !== 'unhalt') {
    const refusal = haltRefusal(replica, command);
    return refusal && [refusalEvent(command, refusal, atNs)];
  }
  const hasEnded = clock === null || clock.state === 'stopped';
  if (hasEnded) return [refusalEvent(command, 'simulatorHalted', atNs)];
  return [{ type: 'clockChanged', atNs, causeId: commandId, clock }];
}

/** The answer of the runtime itself, in the engine's words. */
export function refusalEvent(command: Command, reason: RejectReason, atNs: SimNs): VenueEvent {
  const orderId = 'orderId' in command.body ? command.body.orderId : null;
  return { type: 'commandRefused', atNs, causeId: command.commandId, reason, orderId };
}

/** Orders and executions are both counted from 1, and `changedAt` remembers both. */
export const executionKey = (executionId: string) => `x${executionId}`;

/** Takes a stored record over into the replica's memory; the venue has it already. */
export function absorb(
  replica: Replica,
  record: EventRecord,
  sequence: number,
  restoredFrom?: number,
): void {
  const { memory } = replica;
  replica.head = headAfter(record, sequence, restoredFrom);
  if (record.type === 'quarantined') memory.halted = true;
  else if (record.commands.some(({ command }) => command.body.type === 'unhalt')) {
    memory.halted = false;
  }
  for (const { command } of record.commands) {
    memory.recordOf.set(command.commandId, sequence);
    if (!replica.venue.outcome(command.commandId)) {
      const caused = record.events.filter(({ causeId }) => causeId === command.commandId);
      memory.answers.set(command.commandId, caused);
    }
  }
  memory.life = lifeAfter(memory.life, record);
  for (const event of record.events) {
    if ('order' in event) memory.changedAt.set(event.order.orderId, sequence);
    if (event.type === 'orderFilled') {
      memory.changedAt.set(executionKey(event.execution.executionId), sequence);
    }
  }
}

function lifeAfter(life: Life | null, { events, commands, wallAt }: EventRecord): Life | null {
  const stops = (event: VenueEvent) =>
    event.type === 'clockChanged' && event.clock.state === 'stopped';
  if (life) return events.some(stops) ? { ...life, stoppedAt: wallAt } : life;
  const started = events.find((event) => event.type === 'started');
  const start = commands.find(({ command }) => command.body.type === 'start')?.command.body;
  if (!started || start?.type !== 'start') return null;
  const { scenarioId, seed } = started;
  return { sessionId: start.sessionId, scenarioId, seed, startedAt: wallAt, stoppedAt: null };
}
