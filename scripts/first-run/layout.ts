/** Where things are: the checkout, and the folder that holds everything a run makes. */
import { isAbsolute, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..');

/** Recordings that lie beside the checkout are offered as scenarios; nothing happens without them. */
export const RECORDINGS_FOLDER = process.env.SANDPIT_RECORDINGS ?? join('..', 'shared', 'data');

export interface Layout {
  home: string;
  lockFile: string;
  logs: string;
  secrets: string;
  nats: string;
  postgres: string;
  redis: string;
  /** What the last run built or imported, so that the next one need not. */
  done: string;
}

/** @param home  `SANDPIT_HOME`, or `.sandpit` in the checkout. */
export function layoutOf(home = process.env.SANDPIT_HOME ?? '.sandpit'): Layout {
  const folder = isAbsolute(home) ? home : join(ROOT, home);
  return {
    home: folder,
    lockFile: join(folder, 'run.lock'),
    logs: join(folder, 'logs'),
    secrets: join(folder, 'secrets'),
    nats: join(folder, 'nats'),
    postgres: join(folder, 'postgres'),
    redis: join(folder, 'redis'),
    done: join(folder, 'done'),
  };
}
