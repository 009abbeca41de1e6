import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MAX_CAPSULE_BYTES } from '@sandpit/schemas/capsule.ts';
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scenarioWith } from '../venue/testing/commands.ts';
import { replayCapsule } from './replay.ts';
import { Session } from './testing/session.ts';

const scenario = scenarioWith({ warmUpSeconds: 5 });

async function* bytes(text: string, size = 1_000) {
  const data = Buffer.from(text);
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
const replay = (text: string, size?: number) => replayCapsule(bytes(text, size));

const STOP: StandingSwitch = {
  scope: 'global',
  by: 'operator',
  engaged: true,
  reason: 'drill',
  cancelOpenOrders: true,
};

/** Orders at fixed simulated times, whatever the clock does in between. */
function session({ speed = 1, awkward = false } = {}): Session {
  const made = new Session(scenario, 5, speed);
  const goTo = (second: number) => {
    made.send({ type: 'jumpToTime', toNs: (second * 1e9) as SimNs });
    made.arrive();
    if (awkward) made.restore();
  };
  if (awkward) {
    made.wait(700 / speed);
    made.pace(speed / 2);
    made.wait(900 / speed);
    made.pace(null);
    made.hibernate('begins');
    made.wait(3_600_000);
    made.hibernate('ends', [STOP]);
    made.hibernate('begins');
    made.hibernate('ends', [{ ...STOP, engaged: false }]);
    made.send({ type: 'step', unit: 'event', count: 5 });
    made.arrive();
    made.send({ type: 'pause' });
    made.wait(60_000);
    made.send({ type: 'speed', speed: 3 });
  }
  goTo(10);
  made.order('first');
  const { bid } = made.venue.quote('SMALL')!;
  made.order('rests', { type: 'limit', limitTicks: Math.round(Number(bid) * 100) });
  goTo(25);
  made.send({ type: 'cancelAll', symbol: null, side: null });
  goTo(60);
  return made;
}

let plain: string;
beforeAll(async () => {
  plain = await session().capsule();
});

describe('a capsule', () => {
  test('gives the same events, states and tape', async () => {
    const made = session();
    const replayed = await replay(plain);
    expect(replayed).toMatchObject({
      seed: 5,
      commands: made.records.flatMap(({ commands }) => commands).length,
      tapeHash: made.venue.tapeHash(),
      stateHash: made.venue.stateHash(),
      simNs: 60e9,
    });
    expect(replayed.steps).toBeGreaterThan(6);
  });

  test('is read in pieces of any size', async () => {
    const whole = await replay(plain, 1e9);
    expect(await replay(plain, 7)).toEqual(whole);
  });

  test.each([0.1, 1, 100])(
    'has the same tape at %d ×, with pauses, takeovers and a slow machine',
    async (speed) => {
      const awkward = await replay(await session({ speed, awkward: true }).capsule());
      const straight = await replay(plain);
      expect(awkward.tapeHash).toBe(straight.tapeHash);
      expect(awkward.steps).toBeGreaterThan(straight.steps);
    },
  );

  test('runs on after its last command', async () => {
    const made = session();
    made.send({ type: 'resume' });
    made.wait(30_000);
    const replayed = await replay(await made.capsule());
    expect(replayed.simNs).toBe(90e9);
    expect(replayed.tapeHash).toBe(made.venue.tapeHash());
    expect(replayed.tapeHash).not.toBe((await replay(plain)).tapeHash);
  });

  test('says nothing of whose it was', () => {
    expect(plain).not.toContain('account"');
    expect(plain).not.toContain('"session"');
    expect(plain).not.toContain('correlationId');
  });
});

describe('a broken capsule is refused, and the message says where', () => {
  const lines = () => plain.split('\n').slice(0, -1);
  const joined = (parts: string[]) => `${parts.join('\n')}\n`;
  /** One value of one line set to another; undefined takes it out. */
  const edit = (line: number, path: string, value: unknown) => () => {
    const all = lines();
    const whole = JSON.parse(all.at(line)!);
    const keys = path.split('.');
    const inner = keys.slice(0, -1).reduce((at, key) => at[key], whole);
    inner[keys.at(-1)!] = value;
    all.splice(line, 1, JSON.stringify(whole));
    return joined(all);
  };
  const splice =
    (at: number, count: number, ...put: number[]) =>
    () => {
      const all = lines();
      all.splice(at, count, ...put.map((line) => all[line]!));
      return joined(all);
    };
  const first = () => lines().findIndex((line) => line.includes('"first"'));
  test.each<[string, () => string, string]>([
    ['empty', () => '', 'The file is empty'],
    ['cut off within a line', () => plain.slice(0, -40), 'cut off in line'],
    ['cut off between lines', splice(-1, 1), 'cut off after line'],
    ['only its header', splice(1, 100), 'cut off after line 1'],
    ['something else', () => '{"hello":1}\n', 'Line 1: this is no capsule'],
    ['no JSON', () => 'PK\x03\x04\n', 'Line 1: it is not JSON'],
    ['a later version', edit(0, 'version', 2), 'of version 2; this program reads version 1'],
    ['another engine', edit(0, 'engineVersion', 'venue-0'), 'made by engine venue-0'],
    ['another scenario', edit(0, 'scenario.title', 'x'), 'the scenario was changed'],
    ['no scenario', edit(0, 'scenario.opensAt', undefined), 'Line 1: scenario'],
    ['NaN', () => plain.replace(/"simNs":\d+/, '"simNs":NaN'), 'Line 2: it is not JSON'],
    ['a null for a number', edit(2, 'simNs', null), 'Line 3: simNs'],
    ['a fraction', edit(2, 'simNs', 6e9 + 0.5), 'Line 3: simNs'],
    ['an unknown field', edit(2, 'more', 1), 'Line 3: '],
    ['an unknown command', edit(1, 'commands.0.body.type', 'x'), 'Line 2: commands'],
    ['time that goes back', edit(-2, 'simNs', 1), 'simulated time goes back'],
    ['a step twice', splice(3, 0, 2), 'comes after step'],
    ['steps out of order', splice(2, 2, 3, 2), 'instead of'],
    ['no start', splice(1, 1), 'does not start the simulator'],
    ['a missing step', splice(-2, 1), 'counts'],
    ['another order', () => edit(first(), 'commands.0.body.ticket.quantityLots', 99)(), 'Step'],
    ['another event', edit(3, 'events', '0'.repeat(64)), 'gives other events'],
    ['a changed state', edit(3, 'stateHash', '0'.repeat(16)), 'instead of 0000000000000000'],
    ['another hash', edit(-1, 'sha256', '0'.repeat(64)), 'the SHA-256 is another one'],
    ['another tape', edit(-1, 'tapeHash', '0'.repeat(16)), 'The tape is another one'],
    ['an end before its last step', edit(-1, 'simNs', 5), 'before its last step'],
    ['two ends', () => `${plain}${lines().at(-1)}\n`, 'goes on after its end'],
    ['no end of a line', () => `${lines()[0]}\n${'x'.repeat(5e6)}`, 'Line 2: it is longer than'],
  ])('%s', async (_, make, message) => {
    await expect(replay(make())).rejects.toThrow(message);
  });
});

describe('npm run replay', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capsule-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args]);

  test('prints the tape of a process of its own', { timeout: 60_000 }, async () => {
    const file = join(folder, 'good.capsule');
    await writeFile(file, plain);
    const { stdout } = await run(file);
    expect(stdout).toContain(`tape      ${(await replay(plain)).tapeHash}`);
  });

  test('refuses a gigabyte without reading it, and a missing file', {
    timeout: 60_000,
  }, async () => {
    const file = join(folder, 'large.capsule');
    await writeFile(file, plain);
    await truncate(file, 2 ** 30);
    await expect(run(file)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('larger than 256 MiB'),
    });
    await expect(run(join(folder, 'none'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: ENOENT/),
    });
  });
});

test('a stream of a gigabyte ends at the limit, in little memory', async () => {
  const chunk = Buffer.alloc(1024 * 1024, '{"n":1}\n');
  let taken = 0;
  async function* endless() {
    yield Buffer.from(`${plain.split('\n')[0]}\n`);
    for (; taken < 1024; taken++) yield chunk;
  }
  await expect(replayCapsule(endless())).rejects.toThrow('Line 2');
  expect(taken).toBeLessThan(2);
  async function* oneLine() {
    for (taken = 0; taken < 1024; taken++) yield Buffer.alloc(1024 * 1024, 'x');
  }
  await expect(replayCapsule(oneLine())).rejects.toThrow('Line 1: it is longer');
  expect(taken * 2 ** 20).toBeLessThan(MAX_CAPSULE_BYTES);
});
