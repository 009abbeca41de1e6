/** House rules that nobody has to remember. A new rule comes with the row that proves it bites. */
import { describe, expect, test } from 'vitest';
import { importsOf, listFiles, readSource, type SourceFile } from './source-files.ts';

const LINES_MAX = 350;
/** A contract read from top to bottom may be longer. */
const TEST_LINES_MAX = 500;
const TOP_LEVEL = [
  'bench',
  'bus',
  'docs',
  'helm',
  'migrations',
  'schemas',
  'scripts',
  'services',
  'test',
  'ui',
  'LICENSE',
  'README.md',
  'biome.json',
  'moleculer.config.ts',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

const SOURCE = /\.(ts|mjs|svelte)$/;
const TEST = /\.test\.ts$|\/testing\/|\/simulation\//;
const files = listFiles();
const sources = files.filter((path) => SOURCE.test(path)).map(readSource);
const product = sources.filter(({ path }) => !TEST.test(path));

interface Room {
  files: RegExp;
  mayImport: RegExp;
}

/** Dependencies point one way; each room lists all it may import. */
const ROOMS: Room[] = [
  {
    files: /^services\/simulator\/(engine|market|venue)\//,
    mayImport:
      /^(\.\/|\.\.\/(engine|market|venue)\/|@sandpit\/schemas\/|pure-rand(\/|$))|^\.\.?\/[\w-]+\.ts$/,
  },
  { files: /^schemas\//, mayImport: /^(\.\/|typebox(\/|$))/ },
  { files: /^ui\/src\//, mayImport: /^(\.|#lib\/|\$app\/|@sandpit\/schemas\/|@?[a-z])/ },
  {
    files: /^bus\//,
    mayImport: /^(\.\/|\.\.\/|node:|@sandpit\/schemas\/|nats$|nkeys\.js$|@nats-io\/jwt$)/,
  },
];

const PURE = /^services\/simulator\/(engine|market|venue)\//;
/** What a pure file must not name: clocks, chance, and arithmetic that differs between machines
 * (powers of two are exact on all). */
const IMPURE =
  /\bDate\b|\bperformance\.|\bprocess\.(env|hrtime|nextTick|on|exit|argv|cwd|memoryUsage)\b|\bBuffer\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b|\bawait\b|\basync\b|\bcrypto\.|\bconsole\.|\bIntl\b|toLocale\w*|\bMath\.(random|exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\b|(?<!\b2 )\*\* /;

const foreignImports = (room: Room, file: SourceFile) =>
  file.imports.filter((name) => !room.mayImport.test(name));

describe('rooms import only what they may', () => {
  test.each(ROOMS)('$files', (room) => {
    const inRoom = product.filter(({ path }) => room.files.test(path));
    expect(inRoom).not.toEqual([]);
    const found = inRoom.flatMap((file) =>
      foreignImports(room, file).map((name) => `${file.path} imports ${name}`),
    );
    expect(found).toEqual([]);
  });

  test('no service imports another service', () => {
    const found = product.flatMap(({ path, imports }) => {
      const own = /^services\/([\w-]+)\//.exec(path)?.[1];
      if (!own || own === 'platform') return [];
      return imports
        .map((name) => ({ name, other: serviceOf(path, name) }))
        .filter(({ other }) => other && other !== own && other !== 'platform')
        .map(({ name }) => `${path} imports ${name}`);
    });
    expect(found).toEqual([]);
  });

  test('the platform imports no service', () => {
    const found = product.flatMap(({ path, imports }) =>
      path.startsWith('services/platform/')
        ? imports
            .filter((name) => (serviceOf(path, name) ?? 'platform') !== 'platform')
            .map((name) => `${path} imports ${name}`)
        : [],
    );
    expect(found).toEqual([]);
  });

  test('only the bus speaks to NATS', () => {
    const found = sources
      .filter(({ path }) => !/^(bus|docs\/examples)\//.test(path))
      .filter(({ imports }) => imports.some((name) => /^(nats|@nats-io\/.*|nkeys\.js)$/.test(name)))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  test('the web app reaches the rest of the house only through the schemas', () => {
    const found = product.flatMap(({ path, imports }) =>
      path.startsWith('ui/src/')
        ? imports
            .filter((name) =>
              /^@sandpit\/(?!schemas\/)|^node:|^(\.\.\/)+(bus|services|schemas)\//.test(name),
            )
            .map((name) => `${path} imports ${name}`)
        : [],
    );
    expect(found).toEqual([]);
  });
});

test('engine, market and venue know no clock, no chance and no input', () => {
  const found = product
    .filter(({ path }) => PURE.test(path))
    .flatMap(({ path, code }) => {
      const line = code.split('\n').find((each) => IMPURE.test(each));
      return line === undefined ? [] : [`${path}: ${line.trim()}`];
    });
  expect(found).toEqual([]);
});

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const found = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ path, lines }) => lines > (TEST.test(path) ? TEST_LINES_MAX : LINES_MAX))
    .map(({ path, lines }) => `${path}: ${lines}`);
  expect(found).toEqual([]);
});

test('the top level holds what the map names, and dot-files', () => {
  const top = new Set(files.map((path) => path.split('/')[0]!));
  expect([...top].filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name))).toEqual([]);
});

test('no test runs alone, and none is skipped without a reason', () => {
  const found = sources
    .filter(({ path }) => TEST.test(path))
    .filter(({ code }) =>
      /\b(test|describe|it)\.(only|todo)\b|\b(fit|fdescribe|xit|xdescribe)\(/.test(code),
    )
    .map(({ path }) => path);
  expect(found).toEqual([]);
});

describe('the rules bite', () => {
  test.each`
    code                                            | imports
    ${"import { a } from 'node:fs';"}               | ${['node:fs']}
    ${"import type { A } from './a.ts';"}           | ${['./a.ts']}
    ${"import 'x';"}                                | ${['x']}
    ${"const m = await import('../b.ts');"}         | ${['../b.ts']}
    ${"export { a } from 'c';"}                     | ${['c']}
    ${"import {\n  a,\n  b,\n} from 'many-lines';"} | ${['many-lines']}
    ${"// import { a } from 'comment';"}            | ${[]}
  `('importsOf: $code', ({ code, imports }) => {
    expect(importsOf(code)).toEqual(imports);
  });

  test.each([
    'Date.now()',
    'Math.random()',
    'Math.exp(x)',
    'x ** 2',
    'await f()',
    'process.env',
    'performance.now()',
  ])('impure: %s', (code) => expect(IMPURE.test(code)).toBe(true));

  test.each(['Math.floor(x)', '2 ** BITS', 'Math.sqrt(x)', 'update(x)', 'candidate'])(
    'pure: %s',
    (code) => expect(IMPURE.test(code)).toBe(false),
  );

  test('a service that reaches into another is seen', () => {
    expect(serviceOf('services/orders/a.ts', '../identity/users.ts')).toBe('identity');
    expect(serviceOf('services/simulator/engine/a.ts', '../../orders/x.ts')).toBe('orders');
    expect(serviceOf('services/orders/a.ts', './b.ts')).toBe('orders');
    expect(serviceOf('services/orders/a.ts', 'pg')).toBe(null);
  });
});

/** The service folder that a relative import ends in, or null for a package. */
function serviceOf(path: string, imported: string): string | null {
  if (!imported.startsWith('.')) return null;
  const resolved = new URL(imported, `file:///${path}`).pathname;
  return /^\/services\/([\w-]+)\//.exec(resolved)?.[1] ?? null;
}
