/** Records of a simulator -> the lines of its capsule. */
import { createHash } from 'node:crypto';
import {
  CAPSULE_FORMAT,
  CAPSULE_VERSION,
  type CapsuleEnd,
  type CapsuleHeader,
  type CapsuleStep,
} from '@sandpit/schemas/capsule.ts';
import { type CommandBody, reducesRisk } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { isRuntimeReason } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { canonicalJson } from '../canonical.ts';

/** The log holds what cannot be executed again. */
export class NotReplayableError extends Error {
  override readonly name = 'NotReplayableError';
}

/** Where the simulator stands that is being written. */
export interface CapsuleStand {
  engineVersion: string;
  simNs: number;
  tapeHash: string;
}

export const eventsDigest = (events: readonly VenueEvent[]): string =>
  createHash('sha256').update(canonicalJson(events)).digest('hex');

/** Turns records into steps; one for each simulator, because a quarantine changes what follows. */
export class StepWriter {
  #isHalted = false;
  readonly #engineVersion: string;

  constructor(engineVersion: string) {
    this.#engineVersion = engineVersion;
  }

  /**
   * @returns null for a record that changed nothing in the venue.
   * @throws NotReplayableError
   */
  step(record: EventRecord): CapsuleStep | null {
    if (record.type === 'owner') return null;
    if (record.engineVersion !== this.#engineVersion) {
      throw new NotReplayableError(
        `Record ${record.n} was made by engine ${record.engineVersion}, not ${this.#engineVersion}.`,
      );
    }
    const skipped = this.#skipped(record);
    if (record.type === 'quarantined') this.#isHalted = true;
    const commands = record.commands
      .filter(({ command }) => !skipped.has(command.commandId))
      .map(({ sequence, command: { commandId, deadlineAt, body } }) => {
        return { sequence, commandId, deadlineAt, body: anonymous(body) };
      });
    const events = record.events.filter(({ causeId }) => causeId === null || !skipped.has(causeId));
    const { n, simNs, wallAt, stateHash, pacedTo, hibernation, switches } = record;
    const given = {
      ...(pacedTo !== undefined && { pacedTo }),
      ...(hibernation && { hibernation }),
      ...(switches && { switches }),
    };
    return { n, simNs, wallAt, commands, ...given, events: eventsDigest(events), stateHash };
  }

  /** Commands that the runtime answered in place of the engine. */
  #skipped({ type, commands, events }: EventRecord): Set<string> {
    const broken = events.filter(
      (event) => event.type === 'commandRefused' && isRuntimeReason(event.reason),
    );
    const skipped = new Set(broken.flatMap(({ causeId }) => causeId ?? []));
    for (const { command } of commands) {
      const isRefused = this.#isHalted && !reducesRisk(command.body);
      if (type === 'quarantined' || isRefused) skipped.add(command.commandId);
    }
    return skipped;
  }
}

/** The engine does not look at the session. */
const anonymous = (body: CommandBody): CommandBody =>
  body.type === 'start' ? { ...body, sessionId: 'capsule' } : body;

/**
 * The file, line by line.
 *
 * @param records  Of one simulator, in order, up to where it stands.
 * @throws NotReplayableError
 */
export async function* capsuleLines(
  simulatorId: string,
  scenario: Scenario,
  scenarioHash: string,
  stand: CapsuleStand,
  records: AsyncIterable<EventRecord>,
): AsyncGenerator<string> {
  const { engineVersion } = stand;
  const hash = createHash('sha256');
  const line = (value: CapsuleHeader | CapsuleStep): string => {
    const text = `${JSON.stringify(value)}\n`;
    hash.update(text);
    return text;
  };
  const format = { format: CAPSULE_FORMAT, version: CAPSULE_VERSION } as const;
  yield line({ ...format, engineVersion, simulatorId, scenarioHash, scenario });
  const writer = new StepWriter(engineVersion);
  let steps = 0;
  for await (const record of records) {
    const step = writer.step(record);
    if (!step) continue;
    steps += 1;
    yield line(step);
  }
  const { simNs, tapeHash } = stand;
  const end: CapsuleEnd = {
    end: true,
    simNs: simNs as SimNs,
    steps,
    tapeHash,
    sha256: hash.digest('hex'),
  };
  yield `${JSON.stringify(end)}\n`;
}
