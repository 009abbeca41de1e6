/** `npm run reset`: forgets every trader, simulator and order of this installation. Asks first. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { sharedHome } from '../servers/postgres-files.ts';
import { StartError } from '../servers/start-error.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { RunOptions } from './options.ts';
import { readRun } from './run-lock.ts';
import { createScreen } from './screen.ts';

export async function reset(options: Pick<RunOptions, 'yes' | 'json'>): Promise<number> {
  const layout = layoutOf();
  const screen = createScreen(options.json);
  if (readRun(layout.lockFile)) {
    throw new StartError('Sandpit is running.', 'Stop it first: npm run stop');
  }
  if (!options.yes && !(await confirmed(layout))) {
    screen.say('nothing was removed');
    return 1;
  }
  for (const path of belongings(layout)) rmSync(path, { recursive: true, force: true });
  screen.say('removed. `npm start` begins anew.');
  return 0;
}

/** Not the whole home: it may hold the pinned Node, and it may be a folder somebody else chose. */
function belongings(layout: Layout): string[] {
  const { nats, postgres, redis, secrets, logs, done, lockFile, home } = layout;
  const elsewhere = sharedHome(join(postgres, 'data'));
  return [
    nats,
    postgres,
    redis,
    secrets,
    logs,
    done,
    lockFile,
    join(home, 'run.env.json'),
    elsewhere,
  ];
}

async function confirmed(layout: Layout): Promise<boolean> {
  if (!existsSync(layout.home)) return true;
  if (!process.stdin.isTTY) {
    throw new StartError(
      'Nobody is here to ask.',
      'To reset without a question: npm run reset -- --yes',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `  This removes all traders, simulators, orders and logs below ${layout.home}. Type "reset" to go on: `,
  );
  terminal.close();
  return answer.trim() === 'reset';
}
