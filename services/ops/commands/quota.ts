/** `quota`: how many simulators an account may run and keep, and how many it has. */
import { sql } from 'kysely';
import type { OperatorCommand } from '../command.ts';
import { OperatorError } from '../command.ts';
import { wholeNumber } from './simulators.ts';

const MAX = 10_000;

interface Row {
  running: string;
  kept: string;
  running_max: number | null;
  kept_max: number | null;
}

export const quota: OperatorCommand = {
  usage: 'quota <account>',
  description: 'How many simulators an account may run and keep; with options, changes it.',
  options: [
    { flag: '--running <count>', description: 'Awake at once; needs --kept.' },
    { flag: '--kept <count>', description: 'Together with those that hibernate; needs --running.' },
    { flag: '--usual', description: 'Back to what everybody has.' },
  ],
  async run({ database }, { args, options }) {
    const { account } = args;
    const { running, kept, usual } = options;
    if ((running === undefined) !== (kept === undefined) || (usual && running !== undefined)) {
      throw new OperatorError(
        'Half a quota says nothing.',
        'Give --running and --kept, or --usual.',
      );
    }
    if (usual)
      await sql`delete from account_quotas where account_id = ${account}`.execute(database);
    if (running !== undefined && kept !== undefined) {
      const [runningMax, keptMax] = [
        wholeNumber('--running', running, MAX),
        wholeNumber('--kept', kept, MAX),
      ];
      if (keptMax < runningMax) {
        throw new OperatorError('It would keep fewer than it runs.', 'Raise --kept.');
      }
      await sql`
        insert into account_quotas (account_id, running_max, kept_max)
        values (${account}, ${runningMax}, ${keptMax})
        on conflict (account_id) do update set
          running_max = excluded.running_max, kept_max = excluded.kept_max, changed_at = now()
      `.execute(database);
    }
    const { rows } = await sql<Row>`
      select count(*) filter (where state not in ('hibernated', 'stopped')) as running,
        count(*) filter (where state <> 'stopped') as kept,
        (select running_max from account_quotas where account_id = ${account}),
        (select kept_max from account_quotas where account_id = ${account})
      from simulators where account_id = ${account}`.execute(database);
    const [found] = rows as [Row];
    return {
      rows: [
        {
          account,
          running: Number(found.running),
          'may run': found.running_max ?? 'as usual',
          kept: Number(found.kept),
          'may keep': found.kept_max ?? 'as usual',
        },
      ],
    };
  },
};
