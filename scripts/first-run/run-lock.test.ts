import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bornOf, isAlive, readRun, releaseLock, takeLock, updateLock } from './run-lock.ts';

let folder: string;
let lockFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandpit-lock-'));
  lockFile = join(folder, 'run.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quiet = () => {};
const sleeper = () => spawn('sleep', ['60'], { stdio: 'ignore' });

test('the first start takes the lock, the second is told who has it', async () => {
  expect(await takeLock(lockFile, quiet)).toBe(null);
  expect(await takeLock(lockFile, quiet)).toMatchObject({ pid: process.pid });
});

test('what is written is what the next command reads', async () => {
  await takeLock(lockFile, quiet);
  updateLock(lockFile, { ready: true, children: [{ name: 'doors', pid: 1, born: '' }] });
  expect(readRun(lockFile)).toMatchObject({
    pid: process.pid,
    ready: true,
    children: [{ name: 'doors' }],
  });
});

test('a released lock is gone', async () => {
  await takeLock(lockFile, quiet);
  releaseLock(lockFile);
  expect(existsSync(lockFile)).toBe(false);
});

test('the lock of a dead run is taken over, and the children it left are ended', async () => {
  const orphan = sleeper();
  const said: string[] = [];
  const child = { name: 'postgres', pid: orphan.pid!, born: bornOf(orphan.pid!)! };
  writeFileSync(lockFile, JSON.stringify({ pid: 999_999_999, born: 'never', children: [child] }));
  expect(await takeLock(lockFile, (line) => said.push(line))).toBe(null);
  expect(isAlive(child)).toBe(false);
  expect(said.join()).toContain('postgres');
  expect(readRun(lockFile)).toMatchObject({ pid: process.pid });
});

test('a process that got the pid of a dead one is not the dead one', async () => {
  const bystander = sleeper();
  await sleep(20);
  const child = { name: 'doors', pid: bystander.pid!, born: 'another time' };
  writeFileSync(
    lockFile,
    JSON.stringify({ pid: bystander.pid, born: 'another time', children: [child] }),
  );
  expect(await takeLock(lockFile, quiet)).toBe(null);
  expect(bystander.exitCode).toBe(null);
  expect(bornOf(bystander.pid!)).not.toBe(null);
  bystander.kill();
});

test('half a lock file is a stale one', async () => {
  writeFileSync(lockFile, '{ "pid": 12');
  expect(readRun(lockFile)).toBe(null);
  expect(await takeLock(lockFile, quiet)).toBe(null);
});
