// biome-ignore-all lint/suspicious/noExplicitAny: its files are broken on purpose.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { builtInScenarios } from '../services/simulators/catalogue/catalogue.ts';
import { judge, readScenario } from './scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

const builtIns = await builtInScenarios();
const crash = builtIns.find(({ id }) => id === 'flash-crash')!;

function saved(change: (scenario: Record<string, any>) => void): string {
  const copy = structuredClone(crash) as Record<string, any>;
  change(copy);
  const file = join(folder, 'scenario.json');
  writeFileSync(file, JSON.stringify(copy));
  return file;
}

describe('the library', () => {
  test('holds at least ten scenarios, each with a sentence for people', () => {
    expect(builtIns.length).toBeGreaterThanOrEqual(10);
    for (const { description } of builtIns) expect(description).toMatch(/^[A-Z].{30,}[.]$/);
  });

  test.each(builtIns.filter(({ expect: expected }) => expected))(
    '$id does what it promises',
    { timeout: 60_000 },
    (scenario: Scenario) => {
      const verdicts = judge(scenario, 1);
      expect(verdicts.length).toBeGreaterThan(0);
      expect(verdicts.filter(({ holds }) => !holds)).toEqual([]);
    },
  );

  test('a promise that is not kept is told, with what was seen', { timeout: 60_000 }, () => {
    const calm = { ...crash, script: [] };
    const [swing] = judge(calm, 1);
    expect(swing).toMatchObject({ holds: false, seen: expect.stringMatching(/^-?\d+ bps down$/) });
  });
});

describe('a broken file names the place, what stands there and what should', () => {
  const event = (name: string, value: unknown) => (s: Record<string, any>) => {
    s.script[0][name] = value;
  };
  test.each<[string, (scenario: Record<string, any>) => void, string]>([
    ['another version', (s) => Object.assign(s, { version: 2 }), '/version is 2, but'],
    ['a negative time', event('atSeconds', -5), '/script/0/atSeconds is -5, but must be >= 1'],
    [
      'NaN, which becomes null',
      event('quantityLots', Number.NaN),
      '/script/0/quantityLots is null, but',
    ],
    ['another symbol', event('symbol', 'NONE'), 'is of NONE, which is not traded here'],
    [
      'fees that nobody knows',
      (s) => {
        s.script[0] = { atSeconds: 5, type: 'feeChange', feeSchedule: 'dear' };
      },
      '/script/0/feeSchedule is "dear", but must be one of instrument, commission-free',
    ],
    [
      'a promise of nothing',
      (s) => {
        s.expect[0].symbol = 'NONE';
      },
      'expect/0 is of NONE',
    ],
    [
      'a promise that ends first',
      (s) => {
        s.expect[0].toSeconds = 1;
      },
      'expect/0 ends at 1 s',
    ],
    [
      'a jump of nothing',
      (s) => {
        s.script[1] = { atSeconds: 5, type: 'headline', symbol: null, text: 'x', jumpBps: 5 };
      },
      'jumps, but names no symbol',
    ],
  ])('%s', (_, change, message) => {
    expect(() => readScenario(saved(change))).toThrow(message);
  });

  test('YAML as well, with the line', () => {
    const file = join(folder, 'scenario.yaml');
    writeFileSync(file, stringify(crash));
    expect(readScenario(file)).toEqual(crash);
    writeFileSync(file, stringify({ ...crash, warmUpSeconds: -1 }));
    expect(() => readScenario(file)).toThrow(/line \d+: \/warmUpSeconds is -1, but must be >= 0/);
  });

  test('no JSON, and no file', () => {
    const file = join(folder, 'no.json');
    writeFileSync(file, '{"version": 1,');
    expect(() => readScenario(file)).toThrow('no.json is not a usable scenario:\n  - no JSON: ');
    expect(() => readScenario(join(folder, 'none.json'))).toThrow('ENOENT');
  });
});
