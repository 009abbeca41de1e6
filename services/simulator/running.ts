/** What a worker is made of. */
import type { Stoppable } from '@sandpit/bus/bus.ts';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { ServiceBroker } from 'moleculer';
import { followCatalogue, scenarioOf } from '../platform/venues.ts';
import { fenceMetric } from './fence-metric.ts';
import { Reruns } from './rerun/reruns.ts';
import type { Admitted } from './runtime/admission.ts';
import { Attempts } from './runtime/attempts.ts';
import { Authority } from './runtime/authority.ts';
import { DEFAULT_LIMITS } from './runtime/dependencies.ts';
import { forkLog } from './runtime/fork.ts';
import { type Log, systemHost } from './runtime/host.ts';
import { Leases } from './runtime/leases.ts';
import { loadMeter } from './runtime/load.ts';
import { postgresOverflow } from './runtime/overflow.ts';
import { realVenues } from './runtime/real-venues.ts';
import { ScenarioShelf } from './runtime/scenario-shelf.ts';
import { SnapshotStore } from './runtime/snapshots.ts';
import { WarmPool } from './runtime/warm-pool.ts';
import { SimulatorWorker } from './runtime/worker.ts';

/** Less than a question waits; an answer that is not to be had in time is asked for again. */
const ADMISSION_TIMEOUT_MS = 1_500;

export interface Running {
  fork: typeof forkLog extends (dependencies: never, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
  catalogue: Stoppable;
  pool: WarmPool;
  reruns: Reruns;
  worker: SimulatorWorker;
  shelf: ScenarioShelf;
  drained: boolean;
}
/** Of this process, since it was asked last. */
function busyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return Number.isFinite(utilization) ? utilization : 0;
  };
}

export async function run(broker: ServiceBroker, log: Log): Promise<Running> {
  const { bus, config, tokens, nodeID: workerId } = broker;
  const scenarios = await bus.bucket('SCENARIOS');
  const bucket = await bus.bucket('LEASES');
  const shelf = new ScenarioShelf((hash) => scenarioOf(scenarios, hash));
  let hashes = (): string[] => [];
  const pool = new WarmPool(
    { hashes: () => hashes(), get: (hash) => shelf.get(hash) },
    systemHost,
    log,
  );
  const dependencies = {
    bucket,
    bus,
    host: systemHost,
    log,
    workerId,
    venues: realVenues(shelf, pool),
    snapshots: new SnapshotStore(
      bus,
      postgresOverflow(() => broker.lateDatabase()),
    ),
    authority: new Authority(tokens),
    attempts: new Attempts(bucket),
    admission: ({ simulatorId, accountId }: SimulatorAddress, n: number) =>
      broker.call<Admitted, object>(
        'simulators.admit',
        { simulatorId, accountId, n },
        { timeout: ADMISSION_TIMEOUT_MS, retries: 0 },
      ),
    limits: {
      ...DEFAULT_LIMITS,
      simulatorsMax: config.simulatorsPerWorkerMax,
      ...config.hibernation,
    },
    reach: () => {},
    onFenced: fenceMetric(broker),
  };
  const worker: SimulatorWorker = new SimulatorWorker(
    dependencies,
    (handlers) =>
      new Leases(workerId, bucket, systemHost, log, handlers, {
        ended: config.endedNodeId,
        load: loadMeter(busyShare(), () => ({
          count: worker.simulatorCount,
          max: config.simulatorsPerWorkerMax,
        })),
      }),
  );
  await worker.start();
  pool.start();
  // Nobody waits for it: without it the pool is empty and every start runs its own past.
  const following = followCatalogue(scenarios);
  following.then(
    (catalogue) => {
      hashes = catalogue.hashes;
    },
    (error: unknown) => log.warn({ err: error }, 'catalogue not followed, nothing is prepared'),
  );
  return {
    catalogue: { stop: async () => (await following.catch(() => null))?.stop() },
    pool,
    worker,
    shelf,
    reruns: new Reruns(bus, worker, shelf),
    fork: (...rest) => forkLog(dependencies, ...rest),
    drained: false,
  };
}
