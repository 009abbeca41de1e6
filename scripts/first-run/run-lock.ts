/**
 * The file that says a system is running, and what belongs to it.
 *
 * Made with an exclusive create, so that of two starts at the same moment one wins. What a run that was
 * killed leaves behind (the file, and servers without a parent) is recognised and cleared away.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PortPlan } from './port-plan.ts';

const ORPHAN_STOP_MS = 5_000;

export interface RunRecord {
  pid: number;
  /** Distinguishes the process from a later one with the same pid. */
  born: string;
  startedAt: string;
  /** Missing while starting. */
  ports?: PortPlan;
  ready?: boolean;
  children: ChildRecord[];
}

export interface ChildRecord {
  name: string;
  pid: number;
  born: string;
}

/** The run that holds the lock, or null when there is none or it is dead. */
export function readRun(lockFile: string): RunRecord | null {
  const record = readRecord(lockFile);
  return record && isAlive(record) ? record : null;
}

/** Takes the lock for this process. @returns the other run when there is one. */
export async function takeLock(
  lockFile: string,
  say: (line: string) => void,
): Promise<RunRecord | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const record: RunRecord = {
      pid: process.pid,
      born: bornOf(process.pid) ?? '',
      startedAt: new Date().toISOString(),
      children: [],
    };
    try {
      writeFileSync(lockFile, JSON.stringify(record, null, 2), { flag: 'wx', mode: 0o600 });
      return null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = readRun(lockFile);
    if (other) return other;
    await clearStale(lockFile, say);
  }
  throw new Error(`${lockFile} appears again and again; another start is running in a loop.`);
}

/** Changes what the lock says about this run. Replaced whole, so that a reader never sees half. */
export function updateLock(lockFile: string, change: Partial<RunRecord>): void {
  const record = { ...readRecord(lockFile), ...change };
  writeFileSync(`${lockFile}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${lockFile}.new`, lockFile);
}

export function releaseLock(lockFile: string): void {
  if (readRecord(lockFile)?.pid === process.pid) rmSync(lockFile, { force: true });
}

/** Ends what a killed run left running, and removes its lock. @returns how many processes ended. */
export async function clearStale(lockFile: string, say: (line: string) => void): Promise<number> {
  const record = readRecord(lockFile);
  const orphans = (record?.children ?? []).filter(isAlive).reverse();
  if (orphans.length > 0) say(`stopping what an earlier run left: ${names(orphans)}`);
  for (const orphan of orphans) await end(orphan);
  rmSync(lockFile, { force: true });
  return orphans.length;
}

const names = (children: readonly ChildRecord[]) => children.map((child) => child.name).join(', ');

async function end(child: ChildRecord): Promise<void> {
  // SIGINT is a fast, clean shutdown for PostgreSQL and an ordinary stop for the others.
  process.kill(child.pid, 'SIGINT');
  const deadline = performance.now() + ORPHAN_STOP_MS;
  while (isAlive(child) && performance.now() < deadline) await sleep(50);
  if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
}

export function isAlive({ pid, born }: { pid: number; born: string }): boolean {
  const now = bornOf(pid);
  return now !== null && (born === '' || now === born);
}

/** When a process began, in words that only have to be equal; null when there is no such process. */
export function bornOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the name, which may hold spaces; state is the 3rd, start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19]!;
  } catch {
    // No such process, or a machine without /proc.
  }
  if (process.platform === 'linux') return null;
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim() || null;
  } catch {
    return null;
  }
}

function readRecord(lockFile: string): RunRecord | null {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')) as RunRecord;
  } catch {
    return null;
  }
}
