/** The operator's console of a system under test. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { System } from './system.ts';

const START = join(import.meta.dirname, '..', '..', 'scripts', 'start.mjs');

/** Runs one line in it. */
export function operator(
  { home }: Pick<System, 'home'>,
  line: string,
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [START, 'repl'], {
    env: { ...process.env, NODE_ENV: '', VITEST: '', SANDPIT_HOME: home },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  child.stdin.end(`${line}\n`);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })));
}
