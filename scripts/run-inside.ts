/** Commands that talk to the running system: they are given the addresses that it uses. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { layoutOf, ROOT } from './first-run/layout.ts';
import type { RunOptions } from './first-run/options.ts';
import { type Role, variablesOf } from './first-run/run-environment.ts';
import { readRun } from './first-run/run-lock.ts';
import { StartError } from './servers/start-error.ts';

/** `npm run import -- <files>` */
export async function importRecordings(_: RunOptions, args: readonly string[]): Promise<number> {
  return inside(
    join('services', 'simulators', 'import', 'cli.ts'),
    args.map(fromWhereYouAre),
    'doors',
  );
}

/** `npm run repl` */
export async function repl(_: RunOptions, args: readonly string[]): Promise<number> {
  return inside(join('services', 'ops', 'repl.ts'), args, 'operator');
}

/** `npm run example:subscribe -- <file.creds> [server]` */
export async function exampleSubscribe(_: RunOptions, args: readonly string[]): Promise<number> {
  const run = readRun(layoutOf().lockFile);
  const [creds, server = run?.ports && `nats://127.0.0.1:${run.ports.nats}`] = args;
  const given = creds ? [fromWhereYouAre(creds), ...(server ? [server] : [])] : [];
  return runToEnd([join(ROOT, 'docs', 'examples', 'subscribe.mjs'), ...given], {});
}

/** `SANDPIT_EMAIL=… SANDPIT_PASSWORD=… npm run example:trade -- <file.creds> [simulator]` */
export async function exampleTrade(_: RunOptions, args: readonly string[]): Promise<number> {
  const run = readRun(layoutOf().lockFile);
  const [creds, simulator = ''] = args;
  const at = run?.ports && [
    `http://127.0.0.1:${run.ports.web}`,
    `nats://127.0.0.1:${run.ports.nats}`,
  ];
  const given = creds ? [fromWhereYouAre(creds), simulator, ...(at ?? [])] : [];
  return runToEnd([join(ROOT, 'docs', 'examples', 'trade.mjs'), ...given], {});
}

/** `npm run replay -- <file>`; nothing else need run. */
export function replay(_: RunOptions, args: readonly string[]): Promise<number> {
  const script = join(ROOT, 'services', 'simulator', 'rerun', 'cli.ts');
  return runToEnd([script, ...args.map(fromWhereYouAre)], {});
}

/** @throws StartError when nothing runs. */
async function inside(script: string, args: readonly string[], role: Role): Promise<number> {
  const layout = layoutOf();
  if (!readRun(layout.lockFile)?.ready) {
    throw new StartError('Sandpit is not running.', 'Start it in another terminal: npm start');
  }
  return runToEnd([join(ROOT, script), ...args], variablesOf(layout, role));
}

function runToEnd(args: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  // The child is told of a Ctrl-C by the terminal, and we end when it does.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => done(signal ? 130 : (code ?? 0)));
  });
}

/** npm runs us in the project's folder; a path was meant from where it was typed. */
function fromWhereYouAre(arg: string): string {
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), arg);
  return existsSync(path) ? path : arg;
}
