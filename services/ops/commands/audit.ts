/** `audit`: is the audit trail whole? */
import { type OperatorCommand, OperatorError } from '../command.ts';

const TIMEOUT_MS = 60_000;

interface Verdict {
  entries: number;
  headHash: string;
  fault: string | null;
  behind: number;
}

export const audit: OperatorCommand = {
  usage: 'audit',
  description: 'Walks the whole audit trail, and compares it with what was published.',
  options: [],
  async run(broker) {
    const verdict = await broker.call<Verdict, object>(
      'audit.verify',
      {},
      { timeout: TIMEOUT_MS, retries: 0 },
    );
    const { entries, headHash, fault, behind } = verdict;
    if (fault) {
      throw new OperatorError(
        `The audit trail is broken: ${fault}.`,
        'Keep the database as it is, and compare it with a backup and with the stream AUDIT.',
      );
    }
    const notes = [`Whole. The head of the chain is ${headHash}.`];
    if (behind > 0) notes.push(`${behind} entries of AUDIT are still on their way into it.`);
    return { rows: [{ entries, behind, whole: true }], notes };
  },
};
