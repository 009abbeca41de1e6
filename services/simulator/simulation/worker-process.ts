/**
 * A worker as a process of its own, for tests that kill it: real bus, real engine, no Moleculer.
 * `node worker-process.ts <natsUrl> <workerId>` prints `ready` and runs until it is killed.
 */
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { scenarioOf } from '../../platform/venues.ts';
import { Attempts } from '../runtime/attempts.ts';
import { Authority } from '../runtime/authority.ts';
import { DEFAULT_LIMITS } from '../runtime/dependencies.ts';
import { type Log, systemHost } from '../runtime/host.ts';
import { Leases } from '../runtime/leases.ts';
import { realVenues } from '../runtime/real-venues.ts';
import { ScenarioShelf } from '../runtime/scenario-shelf.ts';
import { SnapshotStore } from '../runtime/snapshots.ts';
import { SimulatorWorker } from '../runtime/worker.ts';

const say = (level: string) => (fields: Record<string, unknown>, message: string) =>
  process.stderr.write(`${JSON.stringify({ level, message, ...fields, err: `${fields.err}` })}\n`);

const log: Log = { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };

const [natsUrl, workerId] = process.argv.slice(2) as [string, string];
const bus = await connectBus({ servers: [natsUrl], name: workerId, patienceMs: 10_000 });
const scenarios = await bus.bucket('SCENARIOS');
const leases = await bus.bucket('LEASES');
const overflow = {
  put: () => Promise.reject(new Error('no database in this test')),
  get: () => Promise.resolve(null),
};
const worker = new SimulatorWorker(
  {
    bucket: leases,
    bus,
    host: systemHost,
    log,
    workerId,
    venues: realVenues(new ScenarioShelf((hash) => scenarioOf(scenarios, hash))),
    snapshots: new SnapshotStore(bus, overflow),
    // Every test client is its own authority: the token names the account.
    authority: new Authority({ verify: async (token) => ({ accountId: token ?? '' }) }),
    attempts: new Attempts(leases),
    admission: async () => ({ refusal: null, switches: [] }),
    limits: { ...DEFAULT_LIMITS, snapshotEveryRecords: 20 },
    reach: () => {},
  },
  (handlers) => new Leases(workerId, leases, systemHost, log, handlers),
);
await worker.start();
process.on('SIGTERM', () => {
  void worker
    .drain()
    .then(() => worker.stop())
    .then(() => bus.close())
    .then(() => process.exit(0));
});
process.stdout.write('ready\n');
