/** `drain`: a worker writes snapshots and hands its shards over, for an update or a repair. */
import { type OperatorCommand, OperatorError } from '../command.ts';
import { askWorkers } from '../workers.ts';

const DRAIN_TIMEOUT_MS = 6_000;

export const drain: OperatorCommand = {
  usage: 'drain <worker>',
  description: 'Takes a worker out of service: snapshots first, then its shards move on.',
  options: [{ flag: '--force', description: 'Also when no other worker could take over.' }],
  async run(broker, { args, options }) {
    const workers = await askWorkers(broker);
    if (!workers.some(({ node }) => node === args.worker)) {
      throw new OperatorError(
        `There is no worker "${args.worker}".`,
        `Known: ${workers.map(({ node }) => node).join(', ') || 'none'}.`,
      );
    }
    const others = workers.filter(
      ({ node, status }) => node !== args.worker && status && !status.drained,
    );
    if (others.length === 0 && !options.force) {
      throw new OperatorError(
        'It is the only worker: its simulators would stand still.',
        'Start another one first, or repeat with --force.',
      );
    }
    const { moved } = await broker.call<{ moved: number }, object>(
      'simulator.drain',
      {},
      { nodeID: args.worker, timeout: DRAIN_TIMEOUT_MS, retries: 0 },
    );
    return {
      rows: [{ worker: args.worker, moved, 'takes over': others.map((o) => o.node).join(' ') }],
      notes: ['It can be stopped now. To put it back into service, restart it.'],
    };
  },
};
