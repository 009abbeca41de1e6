/** Runs one of the project's own scripts to its end, with its output in a log. */

import { startProcess, tail } from '../servers/managed-process.ts';
import type { ProcessGroup } from '../servers/process-group.ts';
import { StartError } from '../servers/start-error.ts';
import { ROOT } from './layout.ts';

export interface ScriptOptions {
  name: string;
  /** Node's arguments: the script and what it takes. */
  args: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
  logFile: string;
  timeoutMs: number;
  group: ProcessGroup;
}

/** @throws StartError with the end of the log when the script fails or takes too long. */
export async function runScript(options: ScriptOptions): Promise<void> {
  const child = options.group.add(
    await startProcess({
      name: options.name,
      command: process.execPath,
      args: options.args,
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      logFile: options.logFile,
    }),
  );
  const limit = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  const ending = await child.exited;
  clearTimeout(limit);
  if (ending === 0) return;
  const reason =
    ending === 'SIGKILL' ? `took more than ${options.timeoutMs / 1000} s` : `failed (${ending})`;
  throw new StartError(
    `${options.name} ${reason}.\n${tail(options.logFile)}`,
    'The lines above are the end of its log.',
    options.logFile,
  );
}
