import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { builtInScenarios } from './catalogue.ts';
import { scenarioHash } from './hash.ts';
import { readScenarioFile } from './scenario-file.ts';

const source = readFileSync(new URL('./flash-crash.json', import.meta.url), 'utf8');
const crash = JSON.parse(source) as Scenario;
const yaml = stringify(crash);
const read = (text: string, name = 'a.yaml') => readScenarioFile(Buffer.from(text), name);
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

const folder = mkdtempSync(join(tmpdir(), 'library-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a scenario as YAML', () => {
  test('is the same scenario, to the hash', () => {
    expect(read(yaml)).toEqual(crash);
    expect(scenarioHash(read(yaml, 'a.yml'))).toBe(scenarioHash(crash));
  });

  test('may say things once', () => {
    const anchored = `${stringify({ ...crash, script: undefined })}script:\n  - &crash ${JSON.stringify(crash.script![0])}\n  - *crash\n`;
    expect(read(anchored).script).toEqual([crash.script![0], crash.script![0]]);
  });

  test('stands in a library beside JSON, gzipped or not', async () => {
    const named = (id: string) => ({ ...crash, id });
    writeFileSync(join(folder, 'a.yaml'), stringify(named('one')));
    writeFileSync(join(folder, 'b.yml.gz'), gzipSync(stringify(named('two'))));
    writeFileSync(join(folder, 'c.json'), JSON.stringify(named('three')));
    writeFileSync(join(folder, 'notes.txt'), 'no scenario');
    const library = await builtInScenarios(pathToFileURL(`${folder}/`));
    expect(library.map(({ id }) => id)).toEqual(['one', 'three', 'two']);
  });
});

describe('what is wrong is told with its line', () => {
  const seconds = `atSeconds: ${crash.script![0]!.atSeconds}`;
  const inYaml = yaml.replace(seconds, 'atSeconds: -5');
  const json = JSON.stringify(crash, null, 2).replace(/"atSeconds": \d+/, '"atSeconds": -5');

  test('of YAML and of JSON alike, and nothing else is', () => {
    const words = (line: number) => `line ${line}: /script/0/atSeconds is -5, but must be >= 1`;
    const reasons = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { reasons?: string[] }).reasons;
      }
      return 'nothing';
    };
    expect(reasons(() => read(inYaml))).toEqual([words(lineOf(inYaml, 'atSeconds'))]);
    expect(reasons(() => read(json, 'a.json'))).toEqual([words(lineOf(json, '"atSeconds"'))]);
  });

  test('a rule between fields', () => {
    const text = yaml.replace('symbol: ACME', 'symbol: OTHER');
    expect(() => read(text)).toThrow(/line \d+: .* is of ACME, which is not traded here/);
  });

  test.each([
    [
      'an unknown event',
      yaml.replace('type: flashCrash', 'type: flashcrash'),
      'must be one of halt',
    ],
    ['not a number', yaml.replace(/quantityLots: .*/, 'quantityLots: .nan'), 'is NaN, but must be'],
    ['without end', yaml.replace(/quantityLots: .*/, 'quantityLots: .inf'), 'is Infinity, but'],
    ['a key twice', 'version: 1\nversion: 1\n', 'line 2: Map keys must be unique'],
    ['code', 'a: !!js/function "x"\n', 'line 1: Unresolved tag'],
    ['a key that is a list', '? [1]\n: 2\n', 'line 1: With stringKeys'],
    ['a merge key', '<<: {version: 1}\n', '/<< is'],
    ['a prototype', '__proto__: {version: 1}\n', '/__proto__ is'],
    ['two documents', '--- a\n--- b\n', 'multiple documents'],
    ['nothing', '', 'the value is null, but must be object'],
    ['a hundred thousand brackets', '['.repeat(100_000), 'nested too deeply'],
    ['a megabyte and more', `a: ${'x'.repeat(1_100_000)}`, 'larger than 1 MiB'],
    [
      'aliases of aliases',
      [
        'a: &a [x, x]',
        ...'bcdefgh'.split('').map((k, i) => {
          const before = 'abcdefg'[i];
          return `${k}: &${k} [${Array(9).fill(`*${before}`).join(', ')}]`;
        }),
      ].join('\n'),
      'more than 100 aliases',
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect({}).not.toHaveProperty('version');
  });

  test('bytes that are no text, and gzip that is none', () => {
    expect(() => readScenarioFile(Buffer.of(0xff, 0xfe, 0x00), 'a.yaml')).toThrow('a.yaml');
    expect(() => readScenarioFile(Buffer.of(0x1f, 0x8b, 0, 1), 'a.yaml.gz')).toThrow('a.yaml.gz');
    expect(() => read('{"version": 1,', 'a.json')).toThrow('a.json is not a usable scenario');
  });

  test('a small archive of a large file', () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, 32));
    expect(() => readScenarioFile(bomb, 'a.json.gz')).toThrow('a.json.gz');
  });
});
