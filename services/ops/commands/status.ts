/** `status`: every process, and whether the servers answer. */
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import type { OperatorCommand, Row } from '../command.ts';
import { askWorkers, nodesOf, type WorkerStatus } from '../workers.ts';

export const status: OperatorCommand = {
  usage: 'status',
  description: 'Processes, workers with their shards and lag, and whether the servers answer.',
  options: [],
  async run(broker) {
    const [workers, servers] = await Promise.all([askWorkers(broker), serversOf(broker)]);
    const rows = nodesOf(broker).map((node): Row => {
      const worker = workers.find((each) => each.node === node.id);
      return {
        node: node.id,
        services: node.services.join(' '),
        'cpu %': node.cpuPercent,
        ...(worker ? workerCells(worker.status) : NO_WORKER),
      };
    });
    const notes = [servers];
    const halted = workers
      .flatMap(({ status }) => status?.simulators ?? [])
      .filter(({ state }) => state === 'halted');
    if (halted.length > 0) {
      notes.push(`${halted.length} halted by a defect: "simulators" says why, "restore" may help.`);
    }
    if (workers.length === 0) notes.push('No worker can be seen: simulators stand still.');
    return { rows, notes };
  },
};

const NO_WORKER = { shards: null, simulators: null, 'lag ms': null, state: 'up' };

function workerCells(worker: WorkerStatus | null): Row {
  if (!worker) return { ...NO_WORKER, state: 'does not answer' };
  const { shards, simulators, drained, fresh } = worker;
  return {
    shards: shards.length,
    simulators: simulators.length,
    'lag ms': Math.max(0, ...simulators.map(({ lagMs }) => lagMs)),
    state: drained ? 'drained' : fresh ? 'up' : 'lease not fresh',
  };
}

async function serversOf(broker: ServiceBroker): Promise<string> {
  const checks: [string, () => Promise<unknown>][] = [
    ['NATS', () => broker.bus.ping()],
    ['Postgres', () => sql`select 1`.execute(broker.database)],
    ['Redis', () => broker.cache.run((redis) => redis.ping())],
  ];
  const words = await Promise.all(
    checks.map(async ([name, check]) => {
      const startedMs = performance.now();
      const away = await check().then(
        () => false,
        () => true,
      );
      return `${name} ${away ? 'AWAY' : `${(performance.now() - startedMs).toFixed(1)} ms`}`;
    }),
  );
  return words.join(', ');
}
