/** `resume`: a simulator that is halted trades again, if what halted it is gone. */
import { askWorker } from '../../platform/owners.ts';
import type { OperatorCommand } from '../command.ts';
import { accountOf } from '../workers.ts';

const TIMEOUT_MS = 6_000;

interface Loaded {
  n: number;
  halted: boolean;
  state: string;
}

export const resume: OperatorCommand = {
  usage: 'resume <simulator>',
  description: 'Loads a halted simulator again from its log, and lets it trade.',
  options: [{ flag: '--reason <text>', description: 'What the record says.' }],
  async run(broker, { args, options }) {
    const { simulator } = args;
    const accountId = await accountOf(broker, simulator);
    const ask = () =>
      askWorker<Loaded | null>(
        broker,
        simulator,
        'simulator.resume',
        { accountId },
        { timeoutMs: TIMEOUT_MS },
      );
    const before = await ask();
    if (before?.halted) {
      const { reason = 'Resumed by the operator.' } = options;
      const given = { timeout: TIMEOUT_MS, retries: 0 };
      await broker.call<null, object>('orders.unhalt', { id: simulator, reason }, given);
    }
    const after = before?.halted ? await ask() : before;
    return {
      rows: after ? [{ simulator, state: after.state, n: after.n }] : [],
      notes: [noteOf(before, after)],
    };
  },
};

function noteOf(before: Loaded | null, after: Loaded | null): string {
  if (!after) return 'It has no log: there is nothing to run.';
  if (after.state === 'stopped') return 'It has been stopped for good; its history stays.';
  return before?.halted ? 'Its halt is over; it trades again.' : 'It runs from its log.';
}
