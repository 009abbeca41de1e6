/** The command line against a real server: what it writes, says and returns. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams } from '@sandpit/bus/streams.ts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { listScenarios, loadScenario, publishBuiltIns } from '../catalogue/store.ts';
import { folder, leanDay } from './testing/fixtures.ts';

const CLI = join(import.meta.dirname, 'cli.ts');
const { natsUrl } = inject('servers');
let bus: NatsBus;

beforeAll(async () => {
  bus = await connectBus({ servers: natsUrl, name: 'import-test', onWarning: () => {} });
  await ensureStreams(bus);
});
afterAll(() => bus.close());

function runCli(args: readonly string[], url = natsUrl) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { ...process.env, NATS_URL: url };
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}

describe('npm run import', () => {
  const day = leanDay(folder(), '20131014', { symbol: 'clitest' });

  test('brings a recording into the catalogue, once', async () => {
    const first = await runCli(day);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('clitest-20131014: imported');
    const bucket = await bus.bucket('SCENARIOS');
    const listed = (await listScenarios(bucket)).find(({ id }) => id === 'clitest-20131014');
    const scenario = await loadScenario(bucket, listed!.hash);
    expect(scenario!.instruments[0]!.recording!.midHalfTicks).toHaveLength(23_401);
    expect((await runCli(day)).out).toContain('was there already, unchanged');
  });

  test('an id that is taken by another content needs --replace', async () => {
    const title = ['--id', 'clitest-20131014', '--title', 'Another title'];
    const refused = await runCli([...title, ...day]);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/exists already .* Use --replace/);
    expect((await runCli([...title, '--replace', ...day])).out).toContain(
      'in place of the old one',
    );
  });

  test('mistakes end with a sentence and a code, not with a stack', async () => {
    const absent = await runCli(['/absent/file.zip']);
    expect(absent.code).toBe(1);
    expect(absent.err).toMatch(/^\/absent\/file\.zip cannot be read/);
    const unknown = await runCli(['--rplace', ...day]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/--rplace/);
    expect(`${absent.err}${unknown.err}`).not.toContain('    at ');
    expect((await runCli([])).code).toBe(2);
  });

  test('no server: it says so, and a dry run needs none', async () => {
    const nobody = 'nats://127.0.0.1:9';
    const away = await runCli(day, nobody);
    expect(away.code).toBe(1);
    expect(away.err).toContain('Is the system running?');
    expect((await runCli(['--dry-run', ...day], nobody)).out).toContain('checked, not written');
  });
});

test('the built-in scenarios fit into the bucket and come out whole', async () => {
  const bucket = await bus.bucket('SCENARIOS');
  const summaries = await publishBuiltIns(bucket);
  expect(summaries.map(({ id }) => id)).toContain('sample-day');
  for (const { hash, id } of summaries) {
    expect((await loadScenario(bucket, hash))!.id).toBe(id);
  }
});
