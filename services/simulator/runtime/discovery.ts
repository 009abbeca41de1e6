/** Which simulators of a shard have something to run. Asked of the streams, never remembered. */
import type { Bus, StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { parseSubject, type SimulatorAddress, shardOf, subjects } from '@sandpit/bus/subjects.ts';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';

const LOOKUPS_AT_ONCE = 16;

export interface Found {
  /** Awake, or with commands that nobody has executed. */
  runnable: SimulatorAddress[];
  /** Listed as awake, but their logs say that they have ended or sleep. */
  asleep: SimulatorAddress[];
}

/**
 * @param awake      What the shard's list names; null = there is none yet, and every log of the shard
 *                   is looked at, which happens once.
 * @param commanded  Subjects of any shard that hold commands.
 */
export async function findRunnable(
  bus: Bus,
  shard: number,
  awake: readonly SimulatorAddress[] | null,
  commanded: Iterable<string>,
): Promise<Found> {
  const recorded = awake ? null : await bus.subjects('EVENTS', subjects.all('evt', shard));
  const addresses = new Map(awake?.map((address) => [address.simulatorId, address]));
  for (const subject of [...(recorded?.keys() ?? []), ...commanded]) {
    const address = addressOf(subject);
    if (address && shardOf(address.simulatorId) === shard)
      addresses.set(address.simulatorId, address);
  }
  const found: Found = { runnable: [], asleep: [] };
  const waiting = [...addresses.values()];
  await Promise.all(
    Array.from({ length: LOOKUPS_AT_ONCE }, async () => {
      for (let address = waiting.pop(); address; address = waiting.pop()) {
        found[(await isRunnable(bus, address)) ? 'runnable' : 'asleep'].push(address);
      }
    }),
  );
  return found;
}

export async function isRunnable(bus: Bus, address: SimulatorAddress): Promise<boolean> {
  const [lastRecord, lastCommand] = await Promise.all([
    bus.last('EVENTS', subjects.event(address)),
    bus.last('COMMANDS', subjects.commands(address)),
  ]);
  if (!lastRecord) return lastCommand !== null;
  if (isForking(lastRecord)) return false;
  const record = recordIn(lastRecord);
  // Damaged: whoever loads it finds out, and says so.
  if (!record) return true;
  if (!rests(record)) return true;
  if ((lastCommand?.sequence ?? 0) <= record.lastCommandSequence) return false;
  return !sleeps(record) || !(await onlySwitchesWait(bus, address, record.lastCommandSequence + 1));
}

/**
 * Nobody is woken for a kill switch of its account or of all: it stands, and is applied when one
 * wakes. One that was about to sleep may have been told all the same.
 */
async function onlySwitchesWait(bus: Bus, address: SimulatorAddress, from: number) {
  for await (const message of bus.read('COMMANDS', { filter: subjects.commands(address), from })) {
    if (!isStandingSwitch(message)) return false;
  }
  return true;
}

function isStandingSwitch(message: StoredMessage): boolean {
  try {
    const asked = (message.body as { body?: Partial<CommandBody> } | null)?.body;
    return asked?.type === 'killSwitch' && asked.scope !== 'simulator';
  } catch {
    return false; // Whoever wakes for it says that it is no command.
  }
}

function recordIn(message: StoredMessage): EventRecord | null {
  try {
    const record = message.body as EventRecord;
    return Array.isArray(record?.events) ? record : null;
  } catch {
    return null;
  }
}

/** Commands that its log has decided, left behind: nobody needs to look at them again. */
export async function dropDecided(bus: Bus, address: SimulatorAddress): Promise<void> {
  const last = await bus.last('EVENTS', subjects.event(address));
  if (!last || isForking(last)) return;
  const record = recordIn(last);
  if (!record) return;
  await bus.purge('COMMANDS', subjects.commands(address), record.lastCommandSequence + 1);
}

/** Is a log whose newest record this is a fork that is not complete, and perhaps never will be? */
export const isForking = ({ headers }: StoredMessage): boolean => HEADERS.forking in headers;

/** Does the log end with the end of the simulator, or with its being put away? */
function rests({ events }: EventRecord): boolean {
  const changed = events.findLast((event) => event.type === 'clockChanged');
  return changed?.clock.state === 'stopped' || changed?.clock.hibernated !== undefined;
}

const sleeps = ({ events }: EventRecord): boolean =>
  events.findLast((event) => event.type === 'clockChanged')?.clock.hibernated !== undefined;

export function addressOf(subject: string): SimulatorAddress | null {
  const parsed = parseSubject(subject);
  return parsed && { accountId: parsed.accountId, simulatorId: parsed.simulatorId };
}
