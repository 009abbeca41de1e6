/**
 * Ends our children when we are gone without having been able to: killed with SIGKILL, or crashed.
 *
 * A shell in a session of its own reads the list of process ids from a pipe that only we hold. When
 * the pipe closes, it stops what the last line named. Works on every POSIX system, unlike a
 * parent-death signal.
 */
import { spawn } from 'node:child_process';

const SCRIPT = `
  while read -r line; do pids=$line; done
  [ -n "$pids" ] || exit 0
  kill -INT $pids; sleep 3; kill -KILL $pids
`;

export interface Guard {
  /** Replaces the list of what is to be ended. */
  watch(pids: readonly number[]): void;
}

export function createGuard(): Guard {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A guard that cannot run, or was killed, is a lost convenience and no reason to fail.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return {
    watch(pids) {
      if (shell.stdin.writable) shell.stdin.write(`${pids.join(' ')}\n`);
    },
  };
}
