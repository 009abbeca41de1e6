/** I7: the log executed from the start, and from every stored snapshot, gives the same state. */

import { MemoryBus } from '@sandpit/bus/memory-bus.ts';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import { canonicalJson } from '../../platform/canonical.ts';
import { silentLog } from '../runtime/host.ts';
import { type RecoveryDependencies, recover, type VenueFactory } from '../runtime/recovery.ts';
import {
  type SnapshotContent,
  type SnapshotEnvelope,
  SnapshotStore,
} from '../runtime/snapshots.ts';
import type { Breach } from './auditor.ts';
import { foldRecords } from './fold.ts';
import { Gate, virtualHost } from './process.ts';
import type { World } from './world.ts';

/** Hands out exactly one snapshot, or none. */
class OneSnapshot extends SnapshotStore {
  readonly #contents: SnapshotContent[];
  constructor(bus: MemoryBus, contents: SnapshotContent[]) {
    super(bus, { put: () => Promise.reject(new Error('read only')), get: async () => null });
    this.#contents = contents;
  }
  override load(): Promise<SnapshotContent[]> {
    return Promise.resolve(this.#contents);
  }
}

export async function auditReplay(
  world: World,
  address: SimulatorAddress,
  scenarioHash: string,
  venues: VenueFactory,
): Promise<Breach[]> {
  const bus = new MemoryBus(world.server, { name: 'auditor' });
  const host = virtualHost(world.scheduler, new Gate(), () => 0.5);
  const breaches: Breach[] = [];
  const from = async (contents: SnapshotContent[], what: string) => {
    const snapshots = new OneSnapshot(bus, contents);
    const dependencies: RecoveryDependencies = { bus, host, log: silentLog, venues, snapshots };
    try {
      const { venue, head } = await inVirtualTime(world, () =>
        recover(dependencies, address, scenarioHash, () => {}),
      );
      return { orders: venue.orders(10_000), head, venue };
    } catch (error) {
      breaches.push({ law: 'I7', detail: `${what}: ${(error as Error).message}` });
      return null;
    }
  };
  const genesis = await from([], 'from the start');
  if (!genesis) return breaches;
  breaches.push(...compareWithFold(world, address, genesis.venue));
  for (const envelope of snapshotsOf(world, address)) {
    const state = Buffer.from(envelope.state ?? '', 'base64');
    const restored = await from([{ ...envelope, state }], `from snapshot ${envelope.n}`);
    if (restored && canonicalJson(restored.orders) !== canonicalJson(genesis.orders)) {
      breaches.push({ law: 'I7', detail: `snapshot ${envelope.n} leads to other orders` });
    }
  }
  return breaches;
}

/** The engine's own account of the orders must be the one that the events tell. */
function compareWithFold(
  world: World,
  address: SimulatorAddress,
  venue: Awaited<ReturnType<typeof recover>>['venue'],
): Breach[] {
  const messages = world.server.stream('EVENTS').from(subjects.event(address), 1);
  const fold = foldRecords(messages.map(({ body }) => body as never));
  const accepted = [...fold.orders.values()].filter(({ status }) => status !== 'rejected');
  const differing = accepted.filter(
    (order) => canonicalJson(order) !== canonicalJson(venue.order(order.orderId)),
  );
  const breaches: Breach[] = differing.map(({ orderId }) => ({
    law: 'I7',
    detail: `order ${orderId} is another in the engine than in the log`,
  }));
  if (fold.account && canonicalJson(fold.account) !== canonicalJson(venue.account())) {
    breaches.push({ law: 'I7', detail: 'the account is another in the engine than in the log' });
  }
  return breaches;
}

function snapshotsOf(world: World, address: SimulatorAddress): SnapshotEnvelope[] {
  return world.server
    .stream('SNAPSHOTS')
    .from(subjects.snapshot(address), 1)
    .map(({ body }) => body as SnapshotEnvelope);
}

/** Lets virtual time run until the promise has settled. */
export async function inVirtualTime<Value>(
  world: World,
  call: () => Promise<Value>,
): Promise<Value> {
  let settled = false;
  const promise = call().finally(() => {
    settled = true;
  });
  promise.catch(() => undefined);
  while (!settled) await world.run(10);
  return promise;
}
