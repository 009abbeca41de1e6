/** Reads a simulator's records from the log itself, past every service. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { inboxPrefixOf } from '@sandpit/bus/security/permissions.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { RunEnvironment } from '../../scripts/first-run/run-environment.ts';

/** What a run wrote down about its servers and credentials. */
export const environmentOf = (home: string): RunEnvironment =>
  JSON.parse(readFileSync(join(home, 'run.env.json'), 'utf8'));

/** All records of a simulator, in order. */
export async function recordsOf(home: string, address: SimulatorAddress): Promise<EventRecord[]> {
  const { servers, roles } = environmentOf(home);
  const bus = await connectBus({
    servers: [servers.NATS_URL!],
    creds: readFileSync(roles.operator.NATS_CREDS!, 'utf8'),
    inboxPrefix: inboxPrefixOf('operator'),
    name: 'test',
  });
  try {
    const records: EventRecord[] = [];
    const filter = subjects.event(address);
    for await (const { body } of bus.read('EVENTS', { filter, from: 1 })) {
      records.push(body as EventRecord);
    }
    return records;
  } finally {
    await bus.close();
  }
}
