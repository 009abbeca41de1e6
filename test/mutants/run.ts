/**
 * Puts each deliberate bug into a copy of the tree, one at a time, runs the engine's tests, and says
 * which of them caught it: `node test/mutants/run.ts`, or with a part of a name for some of them.
 * The table goes to docs/engine-proof.md between its two marks when all were run.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  'services',
  'schemas',
  'bus',
  'test/support',
  'vitest.config.ts',
  'tsconfig.json',
  'package.json',
];
const PROOF = join(ROOT, 'docs/engine-proof.md');
const MARKS = ['<!-- mutants -->', '<!-- /mutants -->'] as const;
/** Of the comparison with the reference; enough for these, and quicker than the default. */
const OPERATIONS = '20000';
/** A bug can make a loop endless. */
const TIMEOUT_MS = 60_000;
const SHOWN_TESTS = 4;

interface Result {
  mutant: Mutant;
  caughtBy: string[];
}

const wanted = process.argv[2] ?? '';
const tree = mkdtempSync(join(tmpdir(), 'sandpit-mutants-'));
try {
  for (const each of COPIED) cpSync(join(ROOT, each), join(tree, each), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  const already = failing();
  if (already.length > 0) {
    throw new Error(`The suite fails without any bug put in: ${already.join('; ')}.`);
  }
  const results = MUTANTS.filter(({ name }) => name.includes(wanted)).map(tryOut);
  if (wanted === '') writeProof(results);
  const survivors = results.filter(({ caughtBy }) => caughtBy.length === 0);
  console.log(`${results.length - survivors.length} of ${results.length} caught`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(tree, { recursive: true, force: true });
}

function tryOut(mutant: Mutant): Result {
  const file = join(tree, 'services/simulator/engine', mutant.file);
  const original = readFileSync(file, 'utf8');
  const parts = original.split(mutant.find);
  if (parts.length !== 2) {
    throw new Error(
      `"${mutant.name}": its place is found ${parts.length - 1} times in ${mutant.file}.`,
    );
  }
  writeFileSync(file, parts.join(mutant.replace));
  const caughtBy = failing();
  writeFileSync(file, original);
  console.log(`${caughtBy.length > 0 ? 'caught ' : 'MISSED '} ${mutant.name}`);
  for (const name of shown(caughtBy)) console.log(`          ${name}`);
  return { mutant, caughtBy };
}

/** The first of each file, so that different kinds of tests are seen. */
function shown(names: readonly string[]): string[] {
  const fileOf = (name: string) => name.split(':')[0];
  const first = names.filter((name, i) => names.findIndex((n) => fileOf(n) === fileOf(name)) === i);
  return first.slice(0, SHOWN_TESTS);
}

/** Names of the tests that fail in the copy as it is; properties are tried when no other test does. */
function failing(): string[] {
  const quick = failingOf(['unit', 'simulation']);
  return quick.length > 0 ? quick : failingOf(['property']);
}

/** A run that never ends counts as failed; the tables alone say then what else is wrong. */
function failingOf(names: readonly string[]): string[] {
  const report = join(tree, 'report.json');
  rmSync(report, { force: true });
  const projects = names.flatMap((name) => ['--project', name]);
  const { signal, stderr } = spawnSync(
    join(tree, 'node_modules/.bin/vitest'),
    ['run', ...projects, 'engine/', '--reporter=json', `--outputFile=${report}`],
    {
      cwd: tree,
      env: { ...process.env, OPERATIONS },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    },
  );
  if (signal) return [...(names.length > 1 ? failingOf(['unit']) : []), 'a run that never ends'];
  let files: TestFile[];
  try {
    files = (JSON.parse(readFileSync(report, 'utf8')) as { testResults: TestFile[] }).testResults;
  } catch {
    throw new Error(`There is no report of the tests: ${stderr.slice(-2_000)}`);
  }
  return files.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${basename(name)} as a whole`];
    return failed.map(({ fullName }) => `${basename(name)}: ${fullName}`);
  });
}

interface TestFile {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string }[];
}

function writeProof(results: readonly Result[]): void {
  const text = readFileSync(PROOF, 'utf8');
  const [before, rest] = text.split(MARKS[0]);
  const after = rest?.split(MARKS[1])[1];
  if (after === undefined) throw new Error(`${PROOF} has lost its marks.`);
  const rows = results.map(({ mutant, caughtBy }) => {
    const names = shown(caughtBy).map((name) => name.replaceAll('|', '\\|'));
    const more = caughtBy.length > names.length ? `<br>${caughtBy.length - names.length} more` : '';
    return `| ${mutant.name} | ${mutant.file} | ${names.join('<br>') || '**nothing**'}${more} |`;
  });
  const table = ['| bug | file | caught by |', '| --- | --- | --- |', ...rows].join('\n');
  writeFileSync(PROOF, `${before}${MARKS[0]}\n\n${table}\n\n${MARKS[1]}${after}`);
}
