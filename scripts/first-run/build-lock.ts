/** One build of the web app at a time: two would delete each other's files. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bornOf, readRun } from './run-lock.ts';

const PATIENCE_MS = 300_000;
const POLL_MS = 100;

/** Runs `work` while no other process holds the lock; a dead holder's lock is taken over. */
export async function whileLocked<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lockFile), { recursive: true });
  const deadline = performance.now() + PATIENCE_MS;
  while (!take(lockFile)) {
    if (!readRun(lockFile)) rmSync(lockFile, { force: true });
    else if (performance.now() > deadline) {
      throw new Error(`Another build holds ${lockFile} for more than ${PATIENCE_MS / 1000} s.`);
    } else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function take(lockFile: string): boolean {
  try {
    const holder = { pid: process.pid, born: bornOf(process.pid) ?? '' };
    writeFileSync(lockFile, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
