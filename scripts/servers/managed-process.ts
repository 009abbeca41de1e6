/** A child process with a log file, a bounded wait for readiness and a stop that always ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from './start-error.ts';

/** A log longer than this is moved to `<name>.log.1` at the next start. */
const LOG_ROTATE_BYTES = 10_000_000;
const TAIL_LINES = 20;
const READY_POLL_MS = 25;

export interface ProcessOptions {
  /** Shown in messages: `nats-server`, `worker`. */
  name: string;
  command: string;
  args: readonly string[];
  logFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Run as this user; only meaningful when we are root. */
  owner?: { uid: number; gid: number } | undefined;
  /** Asks the process to end. PostgreSQL wants SIGINT (fast shutdown); the rest SIGTERM. */
  stopSignal?: NodeJS.Signals;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly running: boolean;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Sends the stop signal, then SIGKILL after `deadlineMs`; resolves when the process is gone. */
  stop(deadlineMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a process in its own group, so that a Ctrl-C at the terminal reaches only us and the order
 * of stopping stays ours.
 *
 * @throws StartError when the command cannot be run at all.
 */
export async function startProcess(options: ProcessOptions): Promise<ManagedProcess> {
  rotate(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.env && { env: options.env }),
    ...(options.owner && { uid: options.owner.uid, gid: options.owner.gid }),
  });
  closeSync(log);
  await spawned(child, options);
  return manage(child, options);
}

/** Polls `isReady` until it says so. @throws StartError when the process ends or time is up. */
export async function waitUntilReady(
  process: ManagedProcess,
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (!process.running) {
      throw new StartError(
        `${process.name} ended while starting (${await process.exited}).\n${tail(process.logFile)}`,
        'The lines above are the end of its log.',
        process.logFile,
      );
    }
    if (await isReady().catch(() => false)) return;
    await sleep(READY_POLL_MS);
  }
  await process.stop();
  throw new StartError(
    `${process.name} was not ready within ${timeoutMs / 1000} s.\n${tail(process.logFile)}`,
    'The lines above are the end of its log; try again when the machine is less busy.',
    process.logFile,
  );
}

/** The last lines of a log, indented; empty when there is none. */
export function tail(logFile: string, lines = TAIL_LINES): string {
  if (!existsSync(logFile)) return '';
  return readFileSync(logFile, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${readable(line)}`)
    .join('\n');
}

/** A JSON line of a service as a person reads it: time, level, message and what went wrong. */
function readable(line: string): string {
  try {
    const { time, level, message, msg, err } = JSON.parse(line);
    const cause = err?.message ? `: ${err.message}` : '';
    return `${String(time).slice(11, 19)} ${level} ${message ?? msg ?? ''}${cause}`;
  } catch {
    return line;
  }
}

function spawned(child: ChildProcess, { name, command }: ProcessOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'is not there' : `cannot be run (${error.code})`;
      reject(new StartError(`${name}: ${command} ${reason}.`, 'Run `npm run doctor`.'));
    });
  });
}

function manage(child: ChildProcess, options: ProcessOptions): ManagedProcess {
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  // A launcher that fails must not be kept alive by what it started.
  child.unref();
  return {
    name: options.name,
    pid: child.pid!,
    logFile: options.logFile,
    exited,
    get running() {
      return isRunning();
    },
    kill(signal) {
      if (isRunning()) child.kill(signal);
    },
    async stop(deadlineMs = 5_000) {
      if (!isRunning()) return;
      child.ref();
      child.kill(options.stopSignal ?? 'SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > LOG_ROTATE_BYTES) {
    renameSync(logFile, `${logFile}.1`);
  }
}
