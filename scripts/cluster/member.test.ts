import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ManagedProcess } from '../servers/managed-process.ts';
import { Member } from './member.ts';

/** A process that ends when it is told to. */
class Fake implements ManagedProcess {
  readonly name = 'fake';
  readonly logFile = '';
  readonly signals: NodeJS.Signals[] = [];
  readonly pid: number;
  running = true;
  readonly exited: Promise<NodeJS.Signals>;
  #end!: (signal: NodeJS.Signals) => void;

  constructor(pid: number) {
    this.pid = pid;
    this.exited = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    this.running = false;
    this.#end(signal);
  }

  async stop(): Promise<void> {
    if (this.running) this.kill('SIGTERM');
  }
}

let started: Fake[];
let member: Member;

beforeEach(async () => {
  started = [];
  const start = async () => {
    started.push(new Fake(100 + started.length));
    return started.at(-1)!;
  };
  member = new Member({ name: 'worker-1', logFile: '', start, warn: () => {} });
  await member.start();
});
afterEach(() => member.retire());

test('what ends is started again, and has another pid', async () => {
  expect(member.pid).toBe(100);
  await member.restart('SIGKILL');
  expect(member.pid).toBe(101);
  expect(started[0]!.signals).toEqual(['SIGKILL']);
});

test('frozen it is the same process', async () => {
  member.signal('SIGSTOP');
  member.signal('SIGCONT');
  await sleep(20);
  expect(member.pid).toBe(100);
});

test('held down it stays down until it is released', async () => {
  member.hold();
  const back = member.back();
  member.signal('SIGKILL');
  await sleep(400);
  expect(member.pid).toBe(null);
  expect(() => member.signal('SIGKILL')).toThrow('worker-1 is down');
  member.release();
  await back;
  expect(member.pid).toBe(101);
});

test('retired while it is held down it never starts', async () => {
  member.hold();
  member.signal('SIGKILL');
  await sleep(300);
  member.retire();
  await sleep(300);
  expect(started).toHaveLength(1);
});

test('stopped after it has retired it is gone', async () => {
  member.retire();
  await member.stop(100);
  await sleep(300);
  expect(member.pid).toBe(null);
  expect(started).toHaveLength(1);
});
