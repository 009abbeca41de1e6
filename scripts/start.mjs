/**
 * Entry of every command (`npm start`, `npm test`, …). Plain JavaScript without dependencies, because
 * it has to run on whatever Node >= 18 the machine has, before anything is installed.
 *
 * 1. Node: Sandpit's TypeScript runs without a build on Node >= 24.12. An older machine gets a pinned
 *    Node 24 into .sandpit/node; the machine's own stays as it is.
 * 2. Packages: `npm ci`, when what is installed differs from package-lock.json.
 * 3. Hands over to cli.ts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_VERSION = '24.21.0';
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_FOLDER = join(ROOT, '.sandpit', 'node');
const ORPHAN_CHECK_MS = 500;
const INSTALL_TIMEOUT_MS = 600_000;
const CLI = join(ROOT, 'scripts', 'cli.ts');

/** A sentence, what to do about it, and the end. */
function fail(message, remedy, details = '') {
  const lines = details.trim().split('\n').slice(-20);
  if (details.trim()) console.error(lines.map((line) => `    ${line}`).join('\n'));
  console.error(`\n  ✗ ${message}\n    ${remedy}\n`);
  process.exit(1);
}

function step(label, work) {
  const started = Date.now();
  process.stderr.write(`  … ${label}\n`);
  work();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stderr.write(`  ✓ ${label.padEnd(38)} ${seconds.padStart(6)} s\n`);
}

const isNewEnough = (version) => {
  const [major, minor] = version.replace('v', '').split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
};

/** Runs npm under the given Node, so that packages are chosen for that Node and not for this one. */
function npm(node, args, cwd) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  // The outer npm's idea of "this project" must not leak into an installation elsewhere.
  delete env.npm_config_local_prefix;
  const cli = process.env.npm_execpath;
  const [command, first] = cli && /npm-cli\.js$/.test(cli) ? [node, [cli]] : ['npm', []];
  const result = spawnSync(command, [...first, ...args, '--no-audit', '--no-fund'], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return {
    ok: result.status === 0,
    output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`,
  };
}

/** Path of a Node that runs our TypeScript. */
function ensureNode() {
  if (isNewEnough(process.version)) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const node = join(NODE_FOLDER, 'node_modules', name, 'bin', program);
  if (runs(node)) return node;
  step(`Node ${NODE_VERSION} (this machine has ${process.version})`, () => {
    writeFolder(NODE_FOLDER, 'package.json', '{ "private": true }\n');
    // The package with the program alone; the package `node` only downloads it in a script.
    const args = ['install', `${name}@${NODE_VERSION}`, '--no-save', '--ignore-scripts'];
    const { ok, output } = npm(process.execPath, args, NODE_FOLDER);
    if (!ok || !runs(node)) {
      const remedy = `Install Node ${NODE_VERSION} (https://nodejs.org) and run the command again.`;
      fail(`Node ${NODE_VERSION} could not be installed from the npm registry.`, remedy, output);
    }
  });
  return node;
}

function runs(node) {
  return existsSync(node) && spawnSync(node, ['--version'], { timeout: 10_000 }).status === 0;
}

function writeFolder(folder, file, content) {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), content);
  } catch (error) {
    const remedy = 'Make the folder writable for this user, or copy the project to one that is.';
    fail(`Cannot write to ${folder} (${error.code}).`, remedy);
  }
}

function ensurePackages(node) {
  if (packagesAreCurrent()) return;
  step('packages', () => {
    // No package here needs its install script; PostgreSQL's links are restored when it starts.
    // The web app's build needs the development packages, whatever NODE_ENV says.
    const flags = ['--ignore-scripts', '--include=dev', '--include=optional'];
    let { ok, output } = npm(node, ['ci', ...flags], ROOT);
    // A registry may lack a build for some other machine, which `ci` does not forgive.
    if (!ok) ({ ok, output } = npm(node, ['install', '--no-save', ...flags], ROOT));
    if (!ok) {
      const remedy = 'Check the network (or npm’s registry setting) and run the command again.';
      fail('The packages could not be installed.', remedy, output);
    }
  });
}

/** Compares package-lock.json with the list that npm keeps of what it installed. */
function packagesAreCurrent() {
  const installedList = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedList, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.includes('node_modules/') || link) return true;
    const found = installed[path];
    // Optional packages are for other machines as well.
    return found ? found.version === version : optional === true;
  });
}

/** Runs cli.ts under another Node and passes on what it is told, and how it ended. */
function handOver(node) {
  const child = spawn(node, [CLI, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  whenOrphaned(() => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : code);
  });
}

/**
 * npm runs us below a shell that does not pass on a SIGTERM: it only dies. So being orphaned is the
 * signal. Without npm, a parent that ends means nothing (`node scripts/start.mjs &`).
 */
function whenOrphaned(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, ORPHAN_CHECK_MS);
  timer.unref();
}

if (Number(process.version.slice(1).split('.')[0]) < 18) {
  fail(`Node ${process.version} is too old.`, 'Install Node 18 or newer and run it again.');
}
const node = ensureNode();
ensurePackages(node);
if (node === process.execPath) {
  whenOrphaned(() => process.kill(process.pid, 'SIGTERM'));
  await import(pathToFileURL(CLI).href);
} else handOver(node);
