/**
 * `npm run bench`: all benches, or those named: `npm run bench -- engine`.
 *
 * Figures are ratios against a reference of the same run, because absolute ones move with the machine.
 * Results are written to bench/results as JSON. Nothing here passes or fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { RunOptions } from '../scripts/first-run/options.ts';
import { StartError } from '../scripts/servers/start-error.ts';

const BENCHES: Record<string, () => Promise<unknown>> = {
  engine: async () => (await import('./engine.ts')).benchEngine(),
  market: async () => (await import('./market.ts')).benchMarket(),
  start: async () => (await import('./start.ts')).benchStart(),
  orders: async () => (await import('./orders.ts')).benchOrders(),
};

export async function bench(_: RunOptions, args: readonly string[]): Promise<number> {
  const names = args.length > 0 ? args : Object.keys(BENCHES);
  const unknown = names.filter((name) => !BENCHES[name]);
  if (unknown.length > 0) {
    const known = Object.keys(BENCHES).join(', ');
    throw new StartError(`There is no bench ${unknown.join(', ')}.`, `The benches are: ${known}.`);
  }
  const results: Record<string, unknown> = {};
  for (const name of names) results[name] = await BENCHES[name]!();
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const file = join(folder, `${at.replaceAll(':', '-')}.json`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(file, `${JSON.stringify({ at, machine, results }, null, 2)}\n`);
  console.log(`\n  ${file}\n`);
  return 0;
}
