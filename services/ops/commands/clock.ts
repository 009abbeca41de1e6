/** `clock`: where a simulator's time stands and whether its machine keeps up. */
import type { ClockView } from '@sandpit/schemas/http.ts';
import { askWorker } from '../../platform/owners.ts';
import type { OperatorCommand } from '../command.ts';
import { accountOf } from '../workers.ts';

export const clock: OperatorCommand = {
  usage: 'clock <simulator>',
  description: 'Its simulated time, the speed asked for and the real one, a jump under way.',
  options: [],
  async run(broker, { args: { simulator } }) {
    const accountId = await accountOf(broker, simulator);
    const view = await askWorker<ClockView>(broker, simulator, 'simulator.clock', { accountId });
    const row = {
      simulator,
      state: view.state,
      'simulated time': view.simulatedAt,
      speed: view.speed,
      'real speed': view.realSpeed,
      'late ms': view.lateMs,
      'seeks to': view.seekingTo,
      tape: view.tapeHash,
    };
    const notes = view.lagging
      ? [`It cannot keep up with ${view.speed}x. Drain its worker, or give it another machine.`]
      : [];
    return { rows: [row], notes };
  },
};
