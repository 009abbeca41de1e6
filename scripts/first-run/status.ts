/** `npm run status`: is it running, where, and is it well? */
import { type Layout, layoutOf } from './layout.ts';
import type { RunOptions } from './options.ts';
import { type Health, readiness } from './readiness.ts';
import { type RunRecord, readRun } from './run-lock.ts';
import { green, red, yellow } from './screen.ts';

const EXIT_CODE_NOT_RUNNING = 3;

/** @returns 0 when it runs, 3 when it does not (the code service managers use for it). */
export async function status(options: Pick<RunOptions, 'json'>): Promise<number> {
  const layout = layoutOf();
  const run = readRun(layout.lockFile);
  const health = run?.ports ? await readiness(run.ports.web) : null;
  if (options.json) console.log(JSON.stringify({ running: run !== null, ...run, health }));
  else print(run, health, layout);
  return run ? 0 : EXIT_CODE_NOT_RUNNING;
}

function print(run: RunRecord | null, health: Health | null, layout: Layout): void {
  if (!run) {
    console.log('  Sandpit is not running. Start it with: npm start');
    return;
  }
  const state = !run.ready ? yellow('starting') : health?.ready ? green('ready') : red('not ready');
  console.log(`  Sandpit   ${state}   pid ${run.pid}, since ${run.startedAt}`);
  if (run.ports) {
    const { web, nats, natsMonitor, postgres, redis } = run.ports;
    console.log(`  Web       http://127.0.0.1:${web}`);
    console.log(
      `  Ports     nats ${nats}, nats monitor ${natsMonitor}, postgres ${postgres}, redis ${redis}`,
    );
  }
  const children = run.children.map(({ name, pid }) => `${name} ${pid}`).join(', ');
  console.log(`  Processes ${children || 'none yet'}`);
  if (run.ready && health?.detail) console.log(`  Trouble   ${health.detail}`);
  console.log(`  Logs      ${layout.logs}`);
}
