/** Keeps one process of the house running: starts it, waits for its ready line, restarts it. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManagedProcess, startProcess, waitUntilReady } from '../servers/managed-process.ts';
import type { ProcessGroup } from '../servers/process-group.ts';
import { ROOT } from './layout.ts';

const READY_TIMEOUT_MS = 60_000;
/** After the second end within the window; after the first it is started at once. */
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 5_000;
/** Longer than that, and the next end is a new story: it is restarted at once again. */
const CRASH_WINDOW_MS = 60_000;
/** So many ends within the window are told as one, not line by line. */
const CRASHES_TOLD = 10;
/** The line `services/platform/main.ts` prints when every service of the process has started. */
const READY_LINE = '"ready":true';

export interface SupervisedOptions {
  /** `doors`, `worker-1`. */
  name: string;
  logFile: string;
  /** Resolves with a process that is ready. @throws StartError */
  start: () => Promise<ManagedProcess>;
  /** Told about a crash and what becomes of it. */
  warn: (line: string) => void;
}

export interface ServiceProcess {
  name: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  group: ProcessGroup;
}

/**
 * Starts the process and resolves when it is ready; from then on a crash is answered by a restart.
 *
 * It never gives up, because whoever is trading cannot start it by hand; but the pauses grow to five
 * seconds, and after ten crashes within a minute it says so once and goes on in silence.
 *
 * @returns a function after which it is not restarted any more.
 * @throws StartError when the first start fails.
 */
export async function supervise(options: SupervisedOptions): Promise<() => void> {
  const state = { released: false };
  const first = await options.start();
  void keepRunning(options, first, state);
  return () => {
    state.released = true;
  };
}

async function keepRunning(
  options: SupervisedOptions,
  first: ManagedProcess,
  state: { released: boolean },
): Promise<void> {
  const crashes: number[] = [];
  let failedStarts = 0;
  for (let running: ManagedProcess | null = first; ; ) {
    const ending = running ? await running.exited : 'did not start';
    if (state.released) return;
    // Once it was ready, its end is news and not a sign that starting it is no use.
    failedStarts = running ? 0 : failedStarts + 1;
    const now = performance.now();
    crashes.push(now);
    while (crashes[0]! < now - CRASH_WINDOW_MS) crashes.shift();
    const isFirst = crashes.length === 1 && running !== null;
    const pauseMs = isFirst ? 0 : Math.min(BACKOFF_FIRST_MS * 2 ** failedStarts, BACKOFF_MAX_MS);
    if (crashes.length < CRASHES_TOLD) {
      options.warn(`${options.name} ended (${ending}); starting it again`);
    } else if (crashes.length === CRASHES_TOLD) {
      options.warn(
        `${options.name} ended ${CRASHES_TOLD} times within a minute; trying again every ` +
          `${BACKOFF_MAX_MS / 1000} s. See ${options.logFile}.`,
      );
    }
    await sleep(pauseMs);
    if (state.released) return;
    running = await options.start().catch(() => null);
  }
}

/**
 * Names for one process after another in the same place: each is told which one it replaces, so that
 * it need not find out by its silence. Call when the one before has ended.
 */
export function successiveNames(name: string): () => Record<string, string> {
  let ended: string | null = null;
  return () => {
    const SANDPIT_NODE_ID = `${name}-${randomBytes(4).toString('hex')}`;
    const replaced = ended && { SANDPIT_ENDED_NODE_ID: ended };
    ended = SANDPIT_NODE_ID;
    return { SANDPIT_NODE_ID, ...replaced };
  };
}

/** One of our own processes, ready. @throws StartError */
export async function startService({
  name,
  env,
  logFile,
  group,
}: ServiceProcess): Promise<ManagedProcess> {
  const from = existsSync(logFile) ? statSync(logFile).size : 0;
  const child = await startProcess({
    name,
    command: process.execPath,
    args: [join('services', 'platform', 'main.ts')],
    cwd: ROOT,
    env,
    logFile,
  });
  group.add(child);
  await waitUntilReady(child, async () => contains(logFile, from, READY_LINE), READY_TIMEOUT_MS);
  return child;
}

/** Does the log say so after byte `from`? A rotated log is shorter and is read from its beginning. */
function contains(logFile: string, from: number, text: string): boolean {
  const file = openSync(logFile, 'r');
  try {
    const { size } = fstatSync(file);
    const position = size < from ? 0 : from;
    const buffer = Buffer.alloc(size - position);
    readSync(file, buffer, 0, buffer.length, position);
    return buffer.includes(text);
  } finally {
    closeSync(file);
  }
}
