/**
 * `npm run quality`: how often does the order gate err? Plays generated connections against the real
 * gate and prints, for each kind, sound orders that it refused and unsound ones that it let pass.
 *
 *   npm run quality -- --traces 50 --seed 1000
 *   npm run quality -- --without-stamps        programs whose orders do not say when they were sent
 *
 * Exits 1 when either share is 1 % or more on any kind of connection.
 */
import { parseArgs } from 'node:util';
import type { RunOptions } from '../first-run/options.ts';
import { StartError } from '../servers/start-error.ts';
import { ERRORS_MAX, evaluate, type Score, share, worstOf } from './evaluate.ts';

const TRACES_MAX = 1_000;

export async function quality(_: RunOptions, args: readonly string[]): Promise<number> {
  const { traces, seed, stamps } = optionsOf(args);
  const scores = evaluate(traces, seed, { stamps });
  for (const line of tableOf(scores)) console.log(line);
  return worstOf(scores) < ERRORS_MAX ? 0 : 1;
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

function optionsOf(args: readonly string[]): { traces: number; seed: number; stamps: boolean } {
  let values: { traces?: string; seed?: string; 'without-stamps'?: boolean };
  try {
    const options = {
      traces: { type: 'string' },
      seed: { type: 'string' },
      'without-stamps': { type: 'boolean' },
    } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new StartError(
      (error as Error).message,
      'It takes --traces <n>, --seed <n> and --without-stamps.',
    );
  }
  return {
    traces: whole('--traces', values.traces ?? '20', TRACES_MAX),
    seed: whole('--seed', values.seed ?? '1000', 1_000_000_000),
    stamps: !values['without-stamps'],
  };
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new StartError(`${flag} is "${text}".`, `Give a whole number from 1 to ${max}.`);
}
