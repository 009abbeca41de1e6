import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../first-run/run-lock.ts';
import { type ManagedProcess, startProcess, waitUntilReady } from './managed-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandpit-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shell = (script: string): Promise<ManagedProcess> =>
  startProcess({
    name: 'shell',
    command: '/bin/sh',
    args: ['-c', script],
    logFile: join(folder, 'shell.log'),
  });

test('what it prints is in its log', async () => {
  const process = await shell('echo out; echo err >&2; exit 3');
  expect(await process.exited).toBe(3);
  expect(readFileSync(process.logFile, 'utf8').split('\n').sort()).toEqual(['', 'err', 'out']);
});

test('a process that ends while it should become ready: its last lines, and no waiting', async () => {
  const process = await shell('echo the disk is full; exit 1');
  await expect(waitUntilReady(process, async () => false, 60_000)).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('the disk is full'),
  });
});

test('a process that is never ready is stopped when time is up', async () => {
  const process = await shell('sleep 60');
  await expect(waitUntilReady(process, async () => false, 100)).rejects.toThrow('not ready within');
  expect(process.running).toBe(false);
});

test('a process that ignores the stop signal is killed at the deadline', async () => {
  const process = await shell('trap "" TERM; echo trapped; while :; do sleep 0.05; done');
  await waitUntilReady(process, async () => readFileSync(process.logFile, 'utf8') !== '', 5_000);
  await process.stop(100);
  expect(await process.exited).toBe('SIGKILL');
});

test('a command that is not there: a sentence, not a stack', async () => {
  const start = startProcess({
    name: 'nobody',
    command: '/not/there',
    args: [],
    logFile: join(folder, 'nobody.log'),
  });
  await expect(start).rejects.toMatchObject({ name: 'StartError' });
});

test('what a killed launcher started does not outlive it', async () => {
  const script = `
    import { ProcessGroup } from ${JSON.stringify(join(import.meta.dirname, 'process-group.ts'))};
    import { startProcess } from ${JSON.stringify(join(import.meta.dirname, 'managed-process.ts'))};
    const child = await startProcess({ name: 'child', command: 'sleep', args: ['60'],
      logFile: ${JSON.stringify(join(folder, 'child.log'))} });
    new ProcessGroup().add(child);
    console.log(child.pid);
    setInterval(() => {}, 1000);
  `;
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(launcher.stdout, 'data');
  const child = { pid: Number(line), born: '' };
  expect(isAlive(child)).toBe(true);
  launcher.kill('SIGKILL');
  for (let waits = 0; isAlive(child) && waits < 100; waits++) await sleep(50);
  expect(isAlive(child)).toBe(false);
});
