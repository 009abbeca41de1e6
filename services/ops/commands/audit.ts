/** `audit`: is the audit trail whole? */
import { type OperatorCommand, OperatorError } from '../command.ts';
import { wholeNumber } from './simulators.ts';

const TIMEOUT_MS = 60_000;

const KEEP_DAYS_MAX = 36_500;

interface Verdict {
  entries: number;
  headHash: string;
  fault: string | null;
  behind: number;
  anchors: number;
  trimmedUpTo: number;
}

interface Trimmed {
  trimmed: number;
  verdict: Verdict;
}

export const audit: OperatorCommand = {
  usage: 'audit',
  description: 'Walks the whole audit trail, and compares it with what was published.',
  options: [
    {
      flag: '--keep <days>',
      description: 'Then takes out what is older, if all is whole; at least 30 days stay.',
    },
  ],
  async run(broker, { options }) {
    const once = { timeout: TIMEOUT_MS, retries: 0 };
    let trimmed: number | null = null;
    let verdict: Verdict;
    if (options.keep === undefined)
      verdict = await broker.call<Verdict, object>('audit.verify', {}, once);
    else {
      const keepDays = wholeNumber('--keep', String(options.keep), KEEP_DAYS_MAX);
      const params = { keepDays };
      ({ trimmed, verdict } = await broker.call<Trimmed, object>('audit.trim', params, once));
    }
    const { entries, headHash, fault, behind, anchors, trimmedUpTo } = verdict;
    if (fault) {
      throw new OperatorError(
        `The audit trail is broken: ${fault}.`,
        'Keep the database as it is, and compare it with a backup and with the stream AUDIT.',
      );
    }
    const notes = [`Whole. The head of the chain is ${headHash}.`];
    if (behind > 0) notes.push(`${behind} entries of AUDIT are still on their way into it.`);
    if (trimmedUpTo > 0)
      notes.push(`It begins behind entry ${trimmedUpTo}: older ones were taken out.`);
    if (trimmed !== null) notes.push(`${trimmed} entries were taken out now.`);
    return { rows: [{ entries, anchors, behind, whole: true }], notes };
  },
};
