/** Which simulators of a shard have something to run. Asked of the streams, never remembered. */
import type { Bus, StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { parseSubject, type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';

const LOOKUPS_AT_ONCE = 16;

/** Simulators of the shard that are not stopped, or have commands that nobody has executed. */
export async function findRunnable(bus: Bus, shard: number): Promise<SimulatorAddress[]> {
  const [recorded, commanded] = await Promise.all([
    bus.subjects('EVENTS', subjects.all('evt', shard)),
    bus.subjects('COMMANDS', subjects.all('cmd', shard)),
  ]);
  const addresses = new Map<string, SimulatorAddress>();
  for (const subject of [...recorded.keys(), ...commanded.keys()]) {
    const address = addressOf(subject);
    if (address) addresses.set(address.simulatorId, address);
  }
  const runnable: SimulatorAddress[] = [];
  const waiting = [...addresses.values()];
  await Promise.all(
    Array.from({ length: LOOKUPS_AT_ONCE }, async () => {
      for (let address = waiting.pop(); address; address = waiting.pop()) {
        if (await isRunnable(bus, address)) runnable.push(address);
      }
    }),
  );
  return runnable;
}

export async function isRunnable(bus: Bus, address: SimulatorAddress): Promise<boolean> {
  const [lastRecord, lastCommand] = await Promise.all([
    bus.last('EVENTS', subjects.event(address)),
    bus.last('COMMANDS', subjects.commands(address)),
  ]);
  if (!lastRecord) return lastCommand !== null;
  if (isForking(lastRecord)) return false;
  const record = lastRecord.body as EventRecord;
  return !endsStopped(record) || (lastCommand?.sequence ?? 0) > record.lastCommandSequence;
}

/** Is a log whose newest record this is a fork that is not complete, and perhaps never will be? */
export const isForking = ({ headers }: StoredMessage): boolean => HEADERS.forking in headers;

function endsStopped({ events }: EventRecord): boolean {
  return events.some((event) => event.type === 'clockChanged' && event.clock.state === 'stopped');
}

export function addressOf(subject: string): SimulatorAddress | null {
  const parsed = parseSubject(subject);
  return parsed && { accountId: parsed.accountId, simulatorId: parsed.simulatorId };
}
