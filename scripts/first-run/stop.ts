/** `npm run stop`: ends the run that another terminal started, or what a killed one left. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf } from './layout.ts';
import type { RunOptions } from './options.ts';
import { clearStale, isAlive, readRun } from './run-lock.ts';
import { createScreen } from './screen.ts';

/** A little more than the run allows itself. */
const PATIENCE_MS = 12_000;
const POLL_MS = 100;

export async function stop(options: Pick<RunOptions, 'json'>): Promise<number> {
  const { lockFile } = layoutOf();
  const screen = createScreen(options.json);
  const run = readRun(lockFile);
  if (!run) {
    const ended = existsSync(lockFile) ? await clearStale(lockFile, screen.say) : 0;
    screen.say(ended > 0 ? 'stopped' : 'Sandpit is not running.');
    return 0;
  }
  const started = performance.now();
  process.kill(run.pid, 'SIGTERM');
  while (isAlive(run) && performance.now() - started < PATIENCE_MS) await sleep(POLL_MS);
  if (isAlive(run)) process.kill(run.pid, 'SIGKILL');
  if (existsSync(lockFile)) await clearStale(lockFile, screen.say);
  screen.say(`stopped in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return 0;
}
