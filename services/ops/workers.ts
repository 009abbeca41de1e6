/** What the workers say about themselves. */
import type { ServiceBroker } from 'moleculer';
import { OperatorError } from './command.ts';

export interface WorkerSimulator {
  simulatorId: string;
  accountId: string;
  state: string;
  n: number;
  sequence: number;
  epoch: number;
  lagMs: number;
  /** Why it is halted. */
  defect?: string;
}

export interface WorkerStatus {
  worker: string;
  drained: boolean;
  shards: number[];
  /** Whether its lease is fresh. */
  fresh: boolean;
  simulators: WorkerSimulator[];
}

export interface NodeInfo {
  id: string;
  services: string[];
  cpuPercent: number | null;
}

const ASK_TIMEOUT_MS = 2_000;

/** Every process that can be seen, except this one. */
export function nodesOf(broker: ServiceBroker): NodeInfo[] {
  const nodes = broker.registry.nodes.list({
    onlyAvailable: true,
    withServices: true,
  }) as unknown as {
    id: string;
    cpu: number | null;
    services: { name: string }[];
  }[];
  return nodes
    .filter(({ id }) => id !== broker.nodeID)
    .map(({ id, cpu, services }) => ({
      id,
      cpuPercent: cpu,
      services: services.map(({ name }) => name).filter((name) => !name.startsWith('$')),
    }));
}

/** The workers' own words; null for one that does not answer. */
export async function askWorkers(
  broker: ServiceBroker,
): Promise<{ node: string; status: WorkerStatus | null }[]> {
  const workers = nodesOf(broker).filter(({ services }) => services.includes('simulator'));
  return Promise.all(
    workers.map(async ({ id: node }) => ({ node, status: await statusOf(broker, node) })),
  );
}

function statusOf(broker: ServiceBroker, nodeID: string): Promise<WorkerStatus | null> {
  return broker
    .call<WorkerStatus, object>('simulator.status', {}, { nodeID, timeout: ASK_TIMEOUT_MS })
    .catch(() => null);
}

/** Whose simulator it is, from the archive or, without Postgres, from the workers. */
export async function accountOf(broker: ServiceBroker, simulatorId: string): Promise<string> {
  const row = await broker.database
    .selectFrom('simulators')
    .select('account_id')
    .where('id', '=', simulatorId)
    .executeTakeFirst()
    .catch(() => undefined);
  if (row) return row.account_id;
  for (const { status } of await askWorkers(broker)) {
    const found = status?.simulators.find((each) => each.simulatorId === simulatorId);
    if (found) return found.accountId;
  }
  throw new OperatorError(
    `There is no simulator "${simulatorId}".`,
    'Look at "simulators" for the ids that exist.',
  );
}
