/**
 * Entry of every process: `SANDPIT_ROLE=doors node services/platform/main.ts`.
 *
 * Prints one JSON line `{"ready":true,…}` when it takes work. Ends with 0 after SIGTERM or SIGINT,
 * with 1 when it could not start, broke, or did not stop in time.
 */
import { flushCompileCache } from 'node:module';
import { ServiceBroker } from 'moleculer';
import { brokerOptions, SERVICES_OF_ROLE, storesOf } from '../../moleculer.config.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';

const STOP_DEADLINE_MS = 8_000;
const LOG_FLUSH_MS = 100;
const CACHE_AFTER_MS = 5_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  process.title = `sandpit:${config.role}`;
  const broker = new ServiceBroker(brokerOptions(config, await storesOf(config)));
  endOn(broker);
  await loadServices(broker, config);
  await broker.start();
  const { role, nodeId, http } = config;
  const port = role === 'doors' ? http.port : null;
  process.stdout.write(
    `${JSON.stringify({ ready: true, role, nodeId, port, pid: process.pid })}\n`,
  );
  // It would be kept at an orderly end, and whoever replaces this process may be in a hurry.
  setTimeout(flushCompileCache, CACHE_AFTER_MS).unref();
}

async function loadServices(broker: ServiceBroker, config: Config): Promise<void> {
  for (const name of SERVICES_OF_ROLE[config.role]) {
    const module = await import(`../${name}/${name}.service.ts`);
    broker.createService(module.default);
  }
}

/** One orderly stop, whoever asks for it; a second request or the deadline ends it at once. */
function endOn(broker: ServiceBroker): void {
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      broker.logger.error({ deadlineMs: STOP_DEADLINE_MS }, 'did not stop in time');
      exit(1);
    }, STOP_DEADLINE_MS).unref();
    await broker.stop().catch((error: unknown) => {
      broker.logger.error({ err: error }, 'stop failed');
      code = 1;
    });
    exit(code);
  };
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  const broke = (message: string) => (error: unknown) => {
    // Whatever state it is in cannot be trusted; the log holds everything that was promised.
    broker.logger.fatal({ err: error }, message);
    exit(1);
  };
  process.on('uncaughtException', broke('uncaught exception'));
  process.on('unhandledRejection', broke('unhandled rejection'));
}

/** Gives the log a moment to reach its file. */
function exit(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), LOG_FLUSH_MS);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const lines: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) lines.push(each.message);
  return lines.length > 0 ? lines.join('\n  because: ') : String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  exit(1);
});
