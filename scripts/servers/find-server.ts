/** Finds the server programs; installs them where that is simple; else says exactly what to do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartError } from './start-error.ts';

/** Debian puts daemons into sbin, which is not on every user's PATH. */
const MORE_FOLDERS = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];
const INSTALL_TIMEOUT_MS = 240_000;

export type ServerProgram = 'nats-server' | 'redis-server';

/** Where programs are looked for: PATH, and where daemons hide. */
export const searchPath = (): string =>
  [process.env.PATH, ...MORE_FOLDERS].filter(Boolean).join(delimiter);

/** Full path of a program, or null. */
export function findProgram(name: string): string | null {
  for (const folder of searchPath().split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here; look in the next folder.
    }
  }
  return null;
}

/**
 * Paths of the programs, installed first when we may (root and apt).
 *
 * @param say  Told before a package is installed: it is the machine's business, not only ours.
 * @throws StartError naming the command that installs what is missing.
 */
export function findOrInstall(
  programs: readonly ServerProgram[],
  say: (line: string) => void,
): Record<ServerProgram, string> {
  const missing = programs.filter((program) => !findProgram(program));
  if (missing.length > 0) install(missing, say);
  return Object.fromEntries(programs.map((program) => [program, findProgram(program)!])) as Record<
    ServerProgram,
    string
  >;
}

function install(missing: readonly ServerProgram[], say: (line: string) => void): void {
  const packages = missing.join(' ');
  const mayInstall = process.getuid?.() === 0 && findProgram('apt-get');
  if (!mayInstall) throw missingServers(missing, installHint(missing));
  say(`installing ${packages} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  // The packages start a system service of their own; the policy keeps the ports ours to choose.
  const installed = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
    { ...options, env: { ...env, RUNLEVEL: '1' } },
  );
  const stillMissing = missing.filter((program) => !findProgram(program));
  if (stillMissing.length > 0) {
    const reason = (installed.stderr || installed.stdout || 'no answer').trim().split('\n').at(-1);
    throw missingServers(stillMissing, `apt-get said: ${reason}\n  ${installHint(stillMissing)}`);
  }
}

function missingServers(missing: readonly string[], remedy: string): StartError {
  return new StartError(
    `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed.`,
    remedy,
  );
}

/** The command for this machine's package manager. */
function installHint(missing: readonly ServerProgram[]): string {
  const formula = { 'nats-server': 'nats-server', 'redis-server': 'redis' } as const;
  const rows: [string, string][] = [
    ['apt-get', `sudo apt-get install -y ${missing.join(' ')}`],
    ['brew', `brew install ${missing.map((name) => formula[name]).join(' ')}`],
    ['dnf', `sudo dnf install -y ${missing.map((name) => formula[name]).join(' ')}`],
    ['apk', `sudo apk add ${missing.map((name) => formula[name]).join(' ')}`],
  ];
  const known = rows.find(([manager]) => findProgram(manager));
  const orUrls = 'or name running servers in NATS_URL and REDIS_URL, then run `npm start` again';
  return known
    ? `Run \`${known[1]}\`, ${orUrls}.`
    : `Install ${missing.join(' and ')} (https://nats.io/download, https://redis.io/download), ${orUrls}.`;
}

/** First line of `<program> --version`. */
export function versionOf(path: string): string {
  return execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 })
    .trim()
    .split('\n')[0]!;
}
