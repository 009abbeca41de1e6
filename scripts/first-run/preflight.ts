/** What must be true of the machine before anything is started. */
import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../servers/start-error.ts';
import type { Layout } from './layout.ts';

/** Packages, PostgreSQL's data, a day of streams and logs fit in comfortably. */
const DISK_FREE_BYTES_MIN = 1_000_000_000;

/** Makes the folders. @throws StartError when one cannot be written or the disk is nearly full. */
export function prepareFolders(layout: Layout): void {
  for (const folder of [layout.home, layout.logs, layout.secrets, layout.done]) {
    try {
      mkdirSync(folder, { recursive: true, mode: folder === layout.secrets ? 0o700 : 0o755 });
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw unwritable(folder, error as NodeJS.ErrnoException);
    }
  }
  const { bavail, bsize } = statfsSync(layout.home);
  if (bavail * bsize < DISK_FREE_BYTES_MIN) {
    const free = Math.round((bavail * bsize) / 1e6);
    throw new StartError(
      `Only ${free} MB are free on the disk that holds ${layout.home}; Sandpit wants ${DISK_FREE_BYTES_MIN / 1e6} MB.`,
      'Make room, or put the data elsewhere: SANDPIT_HOME=/path npm start',
    );
  }
}

function unwritable(folder: string, error: NodeJS.ErrnoException): StartError {
  let parent = folder;
  while (!existsSync(parent)) parent = dirname(parent);
  const what = statSync(parent).isDirectory() ? `Cannot write to ${parent}` : `${parent} is a file`;
  return new StartError(
    `${what} (${error.code}).`,
    'Make it writable for this user, or put the data elsewhere: SANDPIT_HOME=/path npm start',
  );
}
