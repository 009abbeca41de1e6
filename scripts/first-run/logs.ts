/** `npm run logs`: the end of every log; with --follow, what is added to them until Ctrl-C. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from '../servers/managed-process.ts';
import { layoutOf } from './layout.ts';
import type { RunOptions } from './options.ts';
import { bold } from './screen.ts';

const POLL_MS = 300;
const CHUNK_BYTES_MAX = 1_000_000;

export async function logs(options: Pick<RunOptions, 'follow'>): Promise<number> {
  const folder = layoutOf().logs;
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith('.log'))
    : [];
  if (files.length === 0)
    console.log(`  There are no logs in ${folder} yet. Start with: npm start`);
  for (const file of files.sort()) {
    console.log(`${bold(join(folder, file))}\n${tail(join(folder, file))}\n`);
  }
  if (options.follow && files.length > 0) await follow(folder);
  return 0;
}

/** Never returns: ends with the process. */
async function follow(folder: string): Promise<never> {
  const sizes = new Map<string, number>();
  for (let first = true; ; first = false) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
      const { size } = statSync(join(folder, file));
      const seen = sizes.get(file) ?? (first ? size : 0);
      if (size > seen) show(folder, file, seen, Math.min(size - seen, CHUNK_BYTES_MAX));
      sizes.set(file, size < seen ? size : Math.min(size, seen + CHUNK_BYTES_MAX));
    }
    await sleep(POLL_MS);
  }
}

function show(folder: string, file: string, from: number, length: number): void {
  const descriptor = openSync(join(folder, file), 'r');
  const buffer = Buffer.alloc(length);
  const read = readSync(descriptor, buffer, 0, length, from);
  closeSync(descriptor);
  for (const line of buffer.toString('utf8', 0, read).trimEnd().split('\n')) {
    console.log(`${file.replace('.log', '').padEnd(10)} ${line}`);
  }
}
