/** A whole system of its own, started as a person starts it: `node scripts/start.mjs`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type RunRecord, readRun } from '../../scripts/first-run/run-lock.ts';
import { isPortFree } from '../../scripts/servers/ports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 15_000;
const RESTART_TIMEOUT_MS = 30_000;
const PORTS_PER_BASE = 10;
const COMPLAINTS_MAX = 30;

export interface System {
  web: string;
  ports: { web: number; nats: number; postgres: number; redis: number };
  demo: { email: string; password: string };
  home: string;
  readyAfterMs: number;
  /** What the lock file says: processes with their pids. */
  run(): RunRecord;
  /** Kills a process, or sends it another signal. @returns its pid. */
  kill(name: string, signal?: NodeJS.Signals): number;
  /** Waits until another process with that name is there. */
  restarted(name: string, oldPid: number): Promise<void>;
  /** What the services complained about: lines of their logs from `warn` on, newest last. */
  complaints(): string[];
  /** Ctrl-C, and everything gone. @returns the pids that outlived it. */
  stop(): Promise<number[]>;
  /** Stops, and removes the home. */
  dispose(): Promise<void>;
}

export interface SystemOptions {
  /** An earlier system's home, to start it again; else a new one. */
  home?: string;
  workers?: number;
  env?: Record<string, string>;
  root?: string;
}

/** @throws Error with everything it printed when it does not become ready. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const home = options.home ?? makeHome();
  const started = performance.now();
  const child = spawnStart(home, await freePortBase(), options);
  const ready = await readyLine(child);
  const readyAfterMs = performance.now() - started;
  return systemOf(child, home, readyAfterMs, ready);
}

export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sandpit-home-'));
  // PostgreSQL runs as another user when we are root, and has to get in.
  chmodSync(home, 0o755);
  return home;
}

/** Ten free ports in a row, as a start wants them, away from the defaults. */
export async function freePortBase(): Promise<number> {
  for (let base = 21_000 + (process.pid % 500) * 20; base < 60_000; base += PORTS_PER_BASE) {
    const ports = Array.from({ length: PORTS_PER_BASE }, (_, index) => isPortFree(base + index));
    if ((await Promise.all(ports)).every(Boolean)) return base;
  }
  throw new Error('No ten free ports in a row.');
}

function spawnStart(home: string, portBase: number, options: SystemOptions): ChildProcess {
  const args = ['--json', '--no-open', '--port-base', `${portBase}`];
  if (options.workers) args.push('--workers', `${options.workers}`);
  const env = { ...process.env };
  // The test runner's own, or of a server that is not meant here.
  for (const name of ['NODE_ENV', 'VITEST', 'NATS_URL', 'DATABASE_URL', 'REDIS_URL'])
    delete env[name];
  return spawn(process.execPath, [join(options.root ?? ROOT, 'scripts', 'start.mjs'), ...args], {
    env: { ...env, SANDPIT_HOME: home, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface ReadyLine {
  web: string;
  ports: System['ports'];
  demo: System['demo'];
}

function readyLine(child: ChildProcess): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      reject(new Error(`Not ready within ${READY_TIMEOUT_MS} ms:\n${errors}${output}`));
    }, READY_TIMEOUT_MS);
    child.stderr!.on('data', (chunk) => (errors += chunk));
    child.stdout!.on('data', (chunk) => {
      output += chunk;
      const line = output.split('\n').find((each) => each.includes('"ready":true'));
      if (!line) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as ReadyLine);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The start ended with ${code}:\n${errors}${output}`));
    });
  });
}

function systemOf(
  child: ChildProcess,
  home: string,
  readyAfterMs: number,
  ready: ReadyLine,
): System {
  const run = () => {
    const record = readRun(join(home, 'run.lock'));
    if (!record) throw new Error('The system is not running.');
    return record;
  };
  // The supervisor's own words: who ended, who stays down.
  const said: string[] = [];
  child.stderr!.on('data', (chunk) => said.push(String(chunk).trimEnd()));
  const pidOf = (name: string) => run().children.find((each) => each.name === name)?.pid;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return [];
    // Somebody else may have stopped it, and its end is not heard yet.
    const children = readRun(join(home, 'run.lock'))?.children ?? [];
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await Promise.race([gone, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    return [...children, { pid: child.pid!, born: '' }].filter(isAlive).map(({ pid }) => pid);
  };
  return {
    ...ready,
    home,
    readyAfterMs,
    run,
    kill(name, signal = 'SIGKILL') {
      const pid = pidOf(name);
      if (!pid) throw new Error(`There is no process ${name}.`);
      process.kill(pid, signal);
      return pid;
    },
    async restarted(name, oldPid) {
      const deadline = performance.now() + RESTART_TIMEOUT_MS;
      for (let pid = pidOf(name); pid === undefined || pid === oldPid; pid = pidOf(name)) {
        if (performance.now() > deadline) throw new Error(`${name} did not come back.`);
        await sleep(20);
      }
    },
    complaints: () => [...said, ...complaintsIn(home)],
    stop,
    async dispose() {
      await stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Of a system's home: what its services complained about. */
export function complaintsIn(home: string): string[] {
  const logs = join(home, 'logs');
  const services = readdirSync(logs).filter((name) => /^(doors|worker)/.test(name));
  return services.sort().flatMap((name) => {
    const lines = readFileSync(join(logs, name), 'utf8').split('\n').filter(Boolean);
    return lines
      .map(complaint)
      .filter((line) => line !== null)
      .slice(-COMPLAINTS_MAX);
  });
}

/** A line of a log from `warn` on, or what is not JSON; in short. */
function complaint(line: string): string | null {
  if (!line.startsWith('{')) return line;
  const { time, role, level, message, err } = JSON.parse(line);
  if (!['warn', 'error', 'fatal'].includes(level)) return null;
  return `${time} ${role} ${level} ${message ?? ''} ${err?.message ?? ''}`;
}
