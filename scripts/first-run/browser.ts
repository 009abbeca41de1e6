/** Finds a Chromium for the browser tests. */
import { existsSync } from 'node:fs';
import { findProgram } from '../servers/find-server.ts';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Path of the program (`CHROMIUM` names another), or null. */
export function findBrowser(): string | null {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of PROGRAMS) {
    const path = findProgram(name);
    if (path) return path;
  }
  return existsSync(MAC) ? MAC : null;
}
