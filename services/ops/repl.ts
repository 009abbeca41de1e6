/**
 * The operator's console: joins the running system as a process of its own, with the operator's
 * credentials, and runs no service.
 *
 * On a terminal it is Moleculer's REPL with our commands; fed through a pipe it runs line after line
 * and ends with 1 when one of them failed: `echo "status --json" | npm run repl`.
 */
import { createInterface } from 'node:readline';
import { ServiceBroker } from 'moleculer';
import { brokerOptions } from '../../moleculer.config.ts';
import { ConfigError, loadConfig } from '../platform/config.ts';
import { stores } from '../platform/stores.ts';
import { nameOf } from './command.ts';
import { COMMANDS, runLine } from './commands.ts';
import { optionsOf } from './parse.ts';

/** Other processes make themselves known in this time. */
const DISCOVERY_MS = 1_500;
const DISCOVERY_CHECK_MS = 50;

async function main(): Promise<void> {
  const config = loadConfig({
    ...process.env,
    SANDPIT_ROLE: 'operator',
    // The console is for answers; SANDPIT_REPL_LOG_LEVEL=info shows the rest.
    LOG_LEVEL: process.env.SANDPIT_REPL_LOG_LEVEL ?? 'fatal',
    METRICS_PORT: '',
  });
  process.title = 'sandpit:operator';
  const broker = new ServiceBroker({
    ...brokerOptions(config, stores),
    replOptions: { delimiter: 'sandpit $', customCommands: replCommands() },
  });
  await broker.start();
  await discovery(broker);
  if (process.stdin.isTTY) broker.repl();
  else await runPiped(broker);
}

/** The first answer of another process, and a moment for the rest. */
async function discovery(broker: ServiceBroker): Promise<void> {
  const untilMs = performance.now() + DISCOVERY_MS;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  while (broker.registry.nodes.list({ onlyAvailable: true }).length < 2) {
    if (performance.now() > untilMs) return;
    await pause(DISCOVERY_CHECK_MS);
  }
  await pause(4 * DISCOVERY_CHECK_MS);
}

function replCommands() {
  return COMMANDS.map((command) => ({
    command: command.usage,
    description: command.description,
    options: optionsOf(command).map(({ flag: option, description }) => ({ option, description })),
    async action(broker: ServiceBroker, args: unknown) {
      const { rawCommand } = args as { rawCommand?: string };
      const { text } = await runLine(broker, rawCommand ?? nameOf(command));
      console.log(text);
    },
  }));
}

async function runPiped(broker: ServiceBroker): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = line.trim();
    if (command === '' || command.startsWith('#')) continue;
    if (command === 'quit' || command === 'exit') break;
    const { ok, text } = await runLine(broker, command);
    if (ok) console.log(text);
    else {
      console.error(text);
      process.exitCode = 1;
    }
  }
  await broker.stop();
  process.exit();
}

main().catch((error: unknown) => {
  const { message } = error as Error;
  console.error(error instanceof ConfigError ? message : `error: ${message}`);
  console.error(' hint: Is the system running? "npm run status" says so.');
  process.exit(1);
});
