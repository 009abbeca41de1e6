/**
 * Which nats-server a cluster can have. Three of them need 2.11 or later: on a 2.9 cluster several
 * writers pass the log's fence at once, and before 2.11 a change of leader may do the same.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall, findProgram, versionOf } from '../servers/find-server.ts';
import { StartError } from '../servers/start-error.ts';

const FLOOR = [2, 11] as const;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const FETCH_TIMEOUT_MS = 120_000;

export interface NatsProgram {
  program: string;
  /** `2.15.1` */
  version: string;
  /** 3, or 1 where only an older one is to be had. */
  servers: 1 | 3;
  /** Why there is only one. */
  reason: string | null;
}

/**
 * `SANDPIT_NATS_SERVER`, else the one on the PATH, else on Debian the newest package, unpacked into
 * `folder` and not installed. Where none of them is new enough: the one there is, alone.
 *
 * @throws StartError when there is no nats-server at all.
 */
export async function natsProgram(
  folder: string,
  say: (line: string) => void,
): Promise<NatsProgram> {
  const named = process.env.SANDPIT_NATS_SERVER;
  if (named && !existsSync(named)) {
    throw new StartError(
      `SANDPIT_NATS_SERVER names ${named}, which is not there.`,
      'Correct the path of the program, or leave the variable out.',
    );
  }
  const installed = named ?? findOrInstall(['nats-server'], say)['nats-server'];
  const version = versionIn(versionOf(installed));
  if (canCluster(version)) return { program: installed, version, servers: 3, reason: null };
  const fetched = named ? null : await fetchNewest(folder, say);
  if (fetched) return { ...fetched, servers: 3, reason: null };
  const reason =
    `nats-server ${version} cannot be trusted in a cluster: it lets several writers pass the log's ` +
    `fence at once. Three servers need ${FLOOR.join('.')} or later; name one in SANDPIT_NATS_SERVER.`;
  return { program: installed, version, servers: 1, reason };
}

/** @param text  `nats-server: v2.15.1` */
export const versionIn = (text: string): string => /v?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '0.0.0';

export function canCluster(version: string): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

/** With apt's own client and signatures, and lists of its own: the machine's stay as they are. */
async function fetchNewest(
  folder: string,
  say: (line: string) => void,
): Promise<Pick<NatsProgram, 'program' | 'version'> | null> {
  const program = join(folder, 'usr', 'sbin', 'nats-server');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    if (!findProgram('apt-get') || !findProgram('dpkg-deb') || !existsSync(KEYRING)) return null;
    say('fetching a newer nats-server from Debian (kept beside the data, not installed)');
    try {
      await fetchPackage(folder);
    } catch {
      // No network, no such package: a single server is what there is.
      rmSync(folder, { recursive: true, force: true });
      return null;
    }
  }
  const version = versionIn(versionOf(program));
  return canCluster(version) ? { program, version } : null;
}

/**
 * The mirror that the machine itself uses, so that whoever has one of his own is asked there.
 * @param targets  Lines of `apt-get indextargets`: origin and address.
 */
export function mirrorIn(targets: string): string | null {
  const lines = targets.split('\n').map((line) => line.split(' '));
  const main = lines.find(([origin, uri]) => origin === 'Debian' && !uri?.includes('security'));
  return main?.[1] ?? null;
}

async function fetchPackage(folder: string): Promise<void> {
  const run = promisify(execFile);
  const options = { cwd: folder, timeout: FETCH_TIMEOUT_MS };
  const format = ['--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages'];
  const mirror = mirrorIn((await run('apt-get', ['indextargets', ...format], options)).stdout);
  if (!mirror) throw new Error('this machine has no Debian mirror');
  const apt = join(folder, 'apt');
  for (const part of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt, part), { recursive: true });
  }
  const sources = join(apt, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${KEYRING}] ${mirror} sid main\n`);
  const own = [
    ['Dir::Etc::sourcelist', sources],
    ['Dir::Etc::sourceparts', join(apt, 'none')],
    ['Dir::State::lists', join(apt, 'lists')],
    ['Dir::Cache', join(apt, 'cache')],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...own, '-qq', 'update'], options);
  await run('apt-get', [...own, '-qq', 'download', 'nats-server'], options);
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (!file) throw new Error('apt-get downloaded nothing');
  await run('dpkg-deb', ['-x', file, folder], options);
  rmSync(apt, { recursive: true, force: true });
  rmSync(join(folder, file), { force: true });
}
