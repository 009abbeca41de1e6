/**
 * `npm run quality`: how often does the order gate err? Plays generated connections, and recorded ones,
 * against the real gate and prints, for each, sound orders that it refused and unsound ones that it let pass.
 *
 *   npm run quality -- --traces 50 --seed 1000
 *   npm run quality -- --without-stamps        programs whose orders do not say when they were sent
 *   npm run quality -- --record https://… --name "train" --out scripts/quality/recorded/train.json
 *
 * Exits 1 when either share is 1 % or more on any kind of connection.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunOptions } from '../first-run/options.ts';
import { StartError } from '../servers/start-error.ts';
import { ERRORS_MAX, evaluate, type Score, share, worstOf } from './evaluate.ts';
import { record } from './record.ts';
import { recordingsIn } from './recorded.ts';
import { TRACE_MS } from './traces.ts';

const TRACES_MAX = 1_000;
const RECORD_EVERY_MS = 250;
export const RECORDED_FOLDER = join(import.meta.dirname, 'recorded');

export async function quality(_: RunOptions, args: readonly string[]): Promise<number> {
  const { traces, seed, stamps, recordOf } = optionsOf(args);
  if (recordOf) return recordLine(recordOf);
  const recordings = recordingsIn(RECORDED_FOLDER);
  const scores = evaluate({ traces, firstSeed: seed, stamps, recordings });
  for (const line of tableOf(scores)) console.log(line);
  return worstOf(scores) < ERRORS_MAX ? 0 : 1;
}

interface RecordOf {
  url: string;
  name: string;
  out: string;
}

async function recordLine({ url, name, out }: RecordOf): Promise<number> {
  console.log(`Recording ${url} for ${TRACE_MS / 60_000} minutes.`);
  // A little longer than it has to be.
  const seconds = TRACE_MS / 1_000 + 1;
  const recording = await record({ name, url, seconds, everyMs: RECORD_EVERY_MS });
  writeFileSync(out, `${JSON.stringify(recording)}\n`);
  console.log(`Written to ${out}.`);
  return 0;
}

const COLUMNS = ['connection', 'orders', 'sound', 'false blocks', 'unsound', 'false passes'];

export function tableOf(scores: readonly Score[]): string[] {
  const percent = (part: number, whole: number) =>
    whole === 0 ? '-' : `${(100 * share(part, whole)).toFixed(2)} %`;
  const rows = scores.map(({ kind, orders, sound, falseBlocks, unsound, falsePasses }) => [
    kind,
    `${orders}`,
    `${sound}`,
    percent(falseBlocks, sound),
    `${unsound}`,
    percent(falsePasses, unsound),
  ]);
  const all = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
}

interface Options {
  traces: number;
  seed: number;
  stamps: boolean;
  recordOf: RecordOf | null;
}

function optionsOf(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flags = { type: 'boolean' } as const;
  const options = {
    traces: text,
    seed: text,
    'without-stamps': flags,
    record: text,
    name: text,
    out: text,
  };
  let values: Partial<Record<Exclude<keyof typeof options, 'without-stamps'>, string>> & {
    'without-stamps'?: boolean;
  };
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const what =
      'It takes --traces <n>, --seed <n> and --without-stamps, or --record <address>, --name and --out.';
    throw new StartError((error as Error).message, what);
  }
  return {
    traces: whole('--traces', values.traces ?? '20', TRACES_MAX),
    seed: whole('--seed', values.seed ?? '1000', 1_000_000_000),
    stamps: !values['without-stamps'],
    recordOf: recordOf(values),
  };
}

type Given = { record?: string } & Partial<RecordOf>;

function recordOf({ record: url, name, out }: Given): RecordOf | null {
  if (url === undefined) return null;
  if (!URL.canParse(url))
    throw new StartError(`--record is "${url}".`, 'Give an address, https://…');
  if (name && out) return { url, name, out };
  throw new StartError('A recording needs a name and a file.', 'Give --name and --out.');
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new StartError(`${flag} is "${text}".`, `Give a whole number from 1 to ${max}.`);
}
