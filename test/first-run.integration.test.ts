/** The first minute with the product, as a stranger lives it: one command, and what can go wrong. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Simulator } from '@sandpit/schemas/http.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { isAlive, readRun } from '../scripts/first-run/run-lock.ts';
import { freePortBase, makeHome, type System, startSystem } from './support/system.ts';
import { Trader } from './support/trader.ts';

const ROOT = join(import.meta.dirname, '..');
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  output: string;
}

/** Runs a command of the product to its end. */
async function sandpit(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr!.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

const newHome = () => {
  const home = makeHome();
  folders.push(home);
  return home;
};

describe('one home, from its first start on', () => {
  const home = newHome();
  let system: System;
  afterAll(() => system?.dispose());

  test('it starts from nothing, and says so when it already runs', async () => {
    system = await startSystem({ home });
    console.log(`first start: ${(system.readyAfterMs / 1000).toFixed(1)} s`);
    const { children } = system.run();
    expect(children.map(({ name }) => name).sort()).toEqual(
      ['doors', 'nats-server', 'postgres', 'redis-server', 'worker-1'].sort(),
    );
    const page = await fetch(system.web);
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('html'),
    ]);
    const [second, status] = await Promise.all([
      sandpit(['start'], { SANDPIT_HOME: home }),
      sandpit(['status', '--json'], { SANDPIT_HOME: home }),
    ]);
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('already running') });
    expect(system.run().children).toEqual(children);
    expect(JSON.parse(status.output)).toMatchObject({ running: true, ready: true });
  });

  test('the demo trader can log in and has a position, and secrets are readable by their owner alone', async () => {
    const trader = await Trader.logIn(system.web, system.demo);
    expect(trader.user.email).toBe(system.demo.email);
    const { items: simulators } = await trader.get<{ items: Simulator[] }>('/simulators');
    expect(simulators).toMatchObject([{ state: 'running' }]);
    expect(await trader.positions(simulators[0]!.id)).toMatchObject([{ quantity: '100' }]);
    const secrets = ['secrets/demo-password', 'secrets/postgres-password', 'run.env.json'];
    for (const file of secrets) expect(statSync(join(home, file)).mode & 0o077, file).toBe(0);
  });

  test('it stops without a trace', async () => {
    expect(await system.stop()).toEqual([]);
    expect(existsSync(join(home, 'run.lock'))).toBe(false);
  });

  test('it starts again as it was; killed with SIGKILL, it leaves no servers, and the next start recovers', async () => {
    const { demo } = system;
    system = await startSystem({ home });
    console.log(`second start: ${(system.readyAfterMs / 1000).toFixed(1)} s`);
    expect(system.demo).toEqual(demo);
    const { pid, children } = system.run();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    system = await startSystem({ home });
    expect(system.run().pid).not.toBe(pid);
  });

  test('`stop` from another terminal ends everything', async () => {
    const { children } = system.run();
    expect(await sandpit(['stop'], { SANDPIT_HOME: home })).toMatchObject({ code: 0 });
    expect(children.filter(isAlive)).toEqual([]);
    expect(readRun(join(home, 'run.lock'))).toBe(null);
  });
});

describe('what goes wrong is said in a sentence, with what to do about it', () => {
  const isASentence = ({ code, output }: Ended) => {
    expect(code).toBe(1);
    expect(output).not.toMatch(/^\s+at .+:\d+:\d+/m);
  };

  test('a port that was asked for is taken', async () => {
    const base = await freePortBase();
    const holder = createServer().listen(base + 1, '127.0.0.1');
    await once(holder, 'listening');
    const ended = await sandpit(['--port-base', `${base}`], { SANDPIT_HOME: newHome() });
    holder.close();
    isASentence(ended);
    expect(ended.output).toContain(`Port ${base + 1} is held by`);
    expect(ended.output).toContain('--port-base');
  });

  test('the folder cannot be written', async () => {
    const file = join(newHome(), 'file');
    writeFileSync(file, '');
    const ended = await sandpit([], { SANDPIT_HOME: join(file, 'home') });
    isASentence(ended);
    expect(ended.output).toContain(`${file} is a file`);
    expect(ended.output).toContain('SANDPIT_HOME=');
  });

  test.each([
    [['--port-base', 'abc'], '--port-base abc is not a whole number'],
    [['--nonsense'], '--nonsense'],
    [['fly'], 'There is no command "fly"'],
  ])('%s', async (args, words) => {
    const ended = await sandpit(args, { SANDPIT_HOME: newHome() });
    isASentence(ended);
    expect(ended.output).toContain(words);
  });

  test('a command that needs a running system', async () => {
    const ended = await sandpit(['repl'], { SANDPIT_HOME: newHome() });
    isASentence(ended);
    expect(ended.output).toContain('npm start');
  });
});

const isClone = existsSync(join(ROOT, '.git'));
test('a fresh clone: npm start, and nothing else', async ({ skip }) => {
  if (!isClone) skip('this checkout has no .git to clone from');
  const clone = mkdtempSync(join(tmpdir(), 'sandpit-clone-'));
  folders.push(clone);
  // Open to PostgreSQL's user; else, as root, its programs would be copied to /var/lib.
  chmodSync(clone, 0o755);
  const root = join(clone, 'sandpit');
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', ROOT, root]);
  const system = await startSystem({ home: newHome(), root });
  console.log(`fresh clone with packages: ${(system.readyAfterMs / 1000).toFixed(1)} s`);
  expect((await fetch(`${system.web}/healthz`)).status).toBe(200);
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })).toBe('');
  expect(await system.stop()).toEqual([]);
}, 400_000);
