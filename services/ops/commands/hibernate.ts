/** `hibernate`: puts a simulator away at once; it comes back with its trader's next request. */
import { askWorker } from '../../platform/owners.ts';
import type { OperatorCommand } from '../command.ts';
import { accountOf } from '../workers.ts';

export const hibernate: OperatorCommand = {
  usage: 'hibernate <simulator>',
  description: 'Puts a simulator away: its time stands until its trader comes back.',
  options: [],
  async run(broker, { args }) {
    const { simulator } = args;
    const accountId = await accountOf(broker, simulator);
    const { hibernated } = await askWorker<{ hibernated: boolean }>(
      broker,
      simulator,
      'simulator.hibernate',
      { accountId },
    );
    return {
      rows: [{ simulator, hibernated }],
      notes: hibernated ? [] : ['It was not awake: it sleeps, has ended, or is halted.'],
    };
  },
};
