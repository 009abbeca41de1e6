import { once } from 'node:events';
import type { StoredMessage } from '@sandpit/bus/bus.ts';
import type { NatsBus } from '@sandpit/bus/nats-bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { canonicalJson } from '../../platform/canonical.ts';
import { scenarioOf } from '../../platform/venues.ts';
import { publishBuiltIns } from '../../simulators/catalogue/store.ts';
import { audit } from '../simulation/auditor.ts';
import { Fleet } from '../simulation/fleet.ts';
import { foldRecords } from '../simulation/fold.ts';
import { seeded, Workload } from '../simulation/workload.ts';
import { silentLog, systemHost } from './host.ts';
import { realVenues } from './real-venues.ts';
import { recover } from './recovery.ts';
import { ScenarioShelf } from './scenario-shelf.ts';
import { SnapshotStore } from './snapshots.ts';

const KILLS = Number(process.env.RUNS ?? 3);
const noOverflow = { put: () => Promise.reject(new Error('none')), get: async () => null };

let fleet: Fleet;
let bus: NatsBus;

beforeAll(async () => {
  fleet = await Fleet.open(inject('servers').natsUrl, 'takeover-test');
  bus = fleet.bus;
});

afterAll(() => fleet?.dispose());

async function stored<Body>(stream: 'EVENTS' | 'COMMANDS', filter: string) {
  const messages: StoredMessage<Body>[] = [];
  for await (const message of bus.read(stream, { filter, from: 1 })) {
    messages.push(message as StoredMessage<Body>);
  }
  return messages;
}

test(`${KILLS} times kill -9: nothing lost, nothing doubled, the same state`, async () => {
  const scenarios = await bus.bucket('SCENARIOS');
  const builtIns = await publishBuiltIns(scenarios);
  // It trades from the first moment: orders that wait for an auction would hardly be worked.
  const { hash: scenarioHash, symbols } = builtIns.find(({ id }) => id === 'synthetic-day')!;
  const address: SimulatorAddress = { accountId: 'acc', simulatorId: `kill${Date.now()}` };
  const scenario = (await scenarioOf(scenarios, scenarioHash))!;
  const aroundTicks = scenario.instruments[0]!.model.referenceTicks;
  const workload = new Workload(seeded(7), {
    symbols: symbols.slice(0, 1),
    aroundTicks,
    scenarioHash,
    seed: 7,
  });
  const told: { commandId: string; sequence: number }[] = [];
  const commands: StoredMessage<Command>[] = [];
  const ask = async (command: Command) => {
    const { sequence } = await fleet.execute(command);
    told.push({ commandId: command.commandId, sequence });
  };

  let worker = await fleet.start('w0');
  await ask(workload.start(address, Date.now()));
  for (let kill = 1; kill <= KILLS; kill++) {
    for (let i = 0; i < 8; i++) await ask(workload.order(address, Date.now(), `k${kill}`));
    const pending = workload.order(address, Date.now(), `p${kill}`);
    const waiting = ask(pending);
    worker.kill('SIGKILL');
    const killedMs = performance.now();
    worker = await fleet.start(`w${kill}`);
    await waiting;
    if (process.env.VERBOSE) console.log('took over in', performance.now() - killedMs);
  }

  commands.push(...(await stored<Command>('COMMANDS', subjects.commands(address))));
  const records = await stored<EventRecord>('EVENTS', subjects.event(address));
  const owners = records.filter(({ body }) => body.type === 'owner');
  expect(owners.length).toBe(KILLS + 1);
  // Commands behind a snapshot were purged, so what is left to check is in the records themselves.
  const asked = records.flatMap(({ body }) =>
    body.commands.map(({ sequence, command }) => ({ sequence, body: command })),
  ) as StoredMessage<Command>[];
  const history = { commands: asked, unauthorised: new Set<number>(), records, told };
  expect(audit(history)).toEqual([]);
  expect(asked.map(({ body }) => body.commandId)).toEqual(told.map(({ commandId }) => commandId));

  worker.kill('SIGTERM');
  await once(worker, 'exit');
  const complaints: unknown[] = [];
  const replica = await recover(
    {
      bus,
      host: systemHost,
      log: { ...silentLog, error: (fields) => complaints.push(fields.err) },
      venues: realVenues(new ScenarioShelf(() => Promise.resolve(scenario))),
      snapshots: new SnapshotStore(bus, noOverflow),
    },
    address,
    scenarioHash,
    () => {},
  );
  expect(complaints).toEqual([]);
  const last = await stored<EventRecord>('EVENTS', subjects.event(address));
  const fold = foldRecords(last.map(({ body }) => body));
  expect(replica.head.n).toBe(fold.n);
  expect(canonicalJson(replica.venue.account())).toBe(canonicalJson(fold.account));
  for (const order of fold.orders.values()) {
    if (order.status !== 'rejected') expect(replica.venue.order(order.orderId)).toEqual(order);
  }
});
