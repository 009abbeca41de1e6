/** `npm run import -- [options] <files>`: recordings into the catalogue of a running system. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BusError } from '@sandpit/bus/bus.ts';
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { ScenarioError } from '../catalogue/check.ts';
import { ScenarioExistsError } from '../catalogue/store.ts';
import { ImportError } from './import-error.ts';
import { type Imported, importFiles } from './import-files.ts';
import { KNOWN_FORMATS } from './read-files.ts';
import { summaryText } from './summary-text.ts';

const CONNECT_PATIENCE_MS = 5_000;
const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

const USAGE = `npm run import -- [options] <files>

Brings recorded market data into the catalogue: one scenario for each recorded session.

  --id <id>        one scenario of all the files, under this id
  --title <text>   its title
  --replace        replace a scenario that has the same id and another content
  --dry-run        check and report only
  --help           this text

Formats (found by content, not by name):
${KNOWN_FORMATS.map((format) => `  - ${format}`).join('\n')}

The system is found by NATS_URL (default ${DEFAULT_SERVER}) and NATS_CREDS.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      title: { type: 'string' },
      replace: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const { id, title, replace } = values;
  const naming = { id, title, replace };
  const imports = values['dry-run']
    ? await importFiles(positionals, { ...naming, bucket: null })
    : await importIntoSystem(positionals, naming);
  process.stdout.write(`${summaryText(imports)}\n`);
  return 0;
}

async function importIntoSystem(
  paths: readonly string[],
  naming: { id: string | undefined; title: string | undefined; replace: boolean },
): Promise<Imported[]> {
  const { NATS_URL, NATS_CREDS } = process.env;
  const bus = await connectBus({
    servers: (NATS_URL || DEFAULT_SERVER).split(','),
    name: 'sandpit-import',
    inboxPrefix: '_INBOX_doors',
    patienceMs: CONNECT_PATIENCE_MS,
    ...(NATS_CREDS && { creds: readFileSync(NATS_CREDS, 'utf8') }),
  });
  try {
    return await importFiles(paths, { ...naming, bucket: await bus.bucket('SCENARIOS') });
  } finally {
    await bus.close();
  }
}

const isExpected = (error: unknown): error is Error =>
  error instanceof ImportError ||
  error instanceof ScenarioError ||
  error instanceof ScenarioExistsError ||
  error instanceof BusError ||
  String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');

process.exitCode = await main().catch((error: unknown) => {
  if (!isExpected(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  if (error instanceof BusError) process.stderr.write('Is the system running? npm start\n');
  return 1;
});
