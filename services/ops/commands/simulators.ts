/** `simulators`: what runs where. */
import { type OperatorCommand, OperatorError } from '../command.ts';
import { askWorkers } from '../workers.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1_000;

export const simulators: OperatorCommand = {
  usage: 'simulators',
  description: 'Simulators that workers run, those that lag most first.',
  options: [
    { flag: '--account <id>', description: 'Only of this account.' },
    { flag: '--worker <node>', description: 'Only on this worker.' },
    { flag: '--limit <count>', description: `At most so many lines; ${LIMIT_DEFAULT}.` },
  ],
  async run(broker, { options }) {
    const limit = wholeNumber('--limit', options.limit ?? String(LIMIT_DEFAULT), LIMIT_MAX);
    const all = (await askWorkers(broker)).flatMap(({ node, status }) =>
      (status?.simulators ?? []).map((simulator) => ({ node, ...simulator })),
    );
    const rows = all
      .filter(({ accountId }) => options.account === undefined || accountId === options.account)
      .filter(({ node }) => options.worker === undefined || node === options.worker)
      .sort((a, b) => b.lagMs - a.lagMs || a.simulatorId.localeCompare(b.simulatorId))
      .map(({ node, simulatorId, accountId, state, n, sequence, epoch, lagMs, defect }) => ({
        simulator: simulatorId,
        account: accountId,
        worker: node,
        state,
        n,
        sequence,
        epoch,
        'lag ms': lagMs,
        halted: defect ?? null,
      }));
    const notes = rows.length > limit ? [`${rows.length - limit} more; see --limit.`] : [];
    return { rows: rows.slice(0, limit), notes };
  },
};

/** @throws OperatorError unless the text is 1 to `max`. */
export function wholeNumber(flag: string, text: string | true, max: number): number {
  const value = /^\d{1,9}$/.test(String(text)) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new OperatorError(`${flag} is "${text}".`, `It takes 1 to ${max}.`);
}
