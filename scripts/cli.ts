/** The commands. Each lives in its own file and is loaded only when asked for. */
import { parseArgs } from 'node:util';
import { type RunOptions, readOptions } from './first-run/options.ts';
import { showError } from './first-run/screen.ts';
import { StartError } from './servers/start-error.ts';

type Command = (options: RunOptions, args: readonly string[]) => Promise<number>;

const COMMANDS: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./first-run/start.ts')).start,
  stop: async () => (await import('./first-run/stop.ts')).stop,
  status: async () => (await import('./first-run/status.ts')).status,
  doctor: async () => (await import('./first-run/doctor.ts')).doctor,
  logs: async () => (await import('./first-run/logs.ts')).logs,
  reset: async () => (await import('./first-run/reset.ts')).reset,
  test: async () => (await import('./test.ts')).test,
  cluster: async () => (await import('./cluster/command.ts')).cluster,
  chaos: async () => (await import('../test/chaos/chaos.ts')).chaos,
  bench: async () => (await import('../bench/bench.ts')).bench,
  scenario: async () => (await import('./scenario.ts')).scenario,
  quality: async () => (await import('./quality/quality.ts')).quality,
  realism: async () => (await import('./realism/realism.ts')).realism,
  import: async () => (await import('./run-inside.ts')).importRecordings,
  repl: async () => (await import('./run-inside.ts')).repl,
  replay: async () => (await import('./run-inside.ts')).replay,
  'example:subscribe': async () => (await import('./run-inside.ts')).exampleSubscribe,
  'example:trade': async () => (await import('./run-inside.ts')).exampleTrade,
};

/** Commands whose arguments are their own business. */
const PASSES_ARGUMENTS_ON = new Set([
  'chaos',
  'cluster',
  'import',
  'repl',
  'example:subscribe',
  'example:trade',
  'test',
  'bench',
  'realism',
  'quality',
  'scenario',
  'replay',
]);

async function main(argv: readonly string[]): Promise<number> {
  const [name, rest] =
    argv[0] && !argv[0].startsWith('-') ? [argv[0], argv.slice(1)] : ['start', argv];
  const load = COMMANDS[name];
  if (!load) {
    const known = Object.keys(COMMANDS).join(', ');
    throw new StartError(`There is no command "${name}".`, `The commands are: ${known}.`);
  }
  const command = await load();
  if (PASSES_ARGUMENTS_ON.has(name)) return command(readOptions({}), rest);
  return command(readOptions(parse(rest)), []);
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'port-base': { type: 'string' },
        workers: { type: 'string' },
        'no-open': { type: 'boolean' },
        json: { type: 'boolean' },
        yes: { type: 'boolean' },
        follow: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new StartError(
      (error as Error).message.split('. ')[0]!,
      'The options are --port-base N, --workers N, --no-open, --json, --yes (reset), --follow (logs).',
    );
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  showError(error);
  process.exitCode = 1;
}
