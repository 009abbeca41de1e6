import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Names the packages that a worker has loaded when it begins to start. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
      if (name) packages.add(name);
      return next(url, context);
    },
  });
  const { storesOf } = await import('./moleculer.config.ts');
  await storesOf({ role: process.argv.at(-1) });
  await import('./services/simulator/simulator.service.ts');
  console.log(JSON.stringify([...packages]));
`;

async function loadedBy(role: string): Promise<string[]> {
  const args = ['--input-type=module', '--eval', SCRIPT, role];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return JSON.parse(stdout);
}

test('a worker that is in a hurry loads neither Postgres nor Redis', {
  timeout: 60_000,
}, async () => {
  const stores = ['kysely', 'pg', 'ioredis'];
  expect((await loadedBy('worker')).filter((name) => stores.includes(name))).toEqual([]);
  expect(await loadedBy('doors')).toEqual(expect.arrayContaining(stores));
});
