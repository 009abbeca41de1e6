/**
 * `npm test`: everything, from the formatting to the browser.
 *
 * `npm test -- unit property` runs these projects of vitest.config.ts alone.
 * The last line is always `N passed, N failed, N skipped`; the exit code is 1 when anything failed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findBrowser } from './first-run/browser.ts';
import { ROOT } from './first-run/layout.ts';
import type { RunOptions } from './first-run/options.ts';
import { bold, createScreen, red, type Screen, yellow } from './first-run/screen.ts';
import { buildWebApp } from './first-run/web-app.ts';
import { searchPath } from './servers/find-server.ts';
import { ProcessGroup } from './servers/process-group.ts';
import type { TestSummary } from './test-summary-reporter.ts';

/** One after the other: what measures waiting must not compete with what fills the cores. */
const STAGES = [
  ['unit', 'property', 'simulation'],
  ['contract', 'integration'],
  ['chaos'],
  ['browser'],
];
const STAGE_TIMEOUT_MS = 900_000;
const CHECK_TIMEOUT_MS = 300_000;

const BIN = join(ROOT, 'node_modules', '.bin');
const CHECKS: [string, string, string[]][] = [
  ['format and lint', join(BIN, 'biome'), ['ci', '--colors=off', '.']],
  ['types', join(BIN, 'tsc'), ['--noEmit']],
  ['types of the web app', 'npm', ['run', '--silent', 'check', '--workspace', 'ui']],
];

export async function test(_: RunOptions, args: readonly string[]): Promise<number> {
  const screen = createScreen(false);
  const folder = mkdtempSync(join(tmpdir(), 'sandpit-test-run-'));
  const total: TestSummary = { passed: 0, failed: [], skipped: [] };
  try {
    const group = new ProcessGroup();
    await screen.step('web app', () => buildWebApp(folder, group));
    if (args.length === 0) await Promise.all(CHECKS.map((each) => runCheck(screen, each, total)));
    if (!findBrowser()) screen.warn('No Chromium: the browser tests will be skipped.');
    const stages = STAGES.map((stage) => stage.filter((name) => wanted(name, args)));
    for (const stage of stages.filter((names) => names.length > 0)) {
      add(total, await runStage(stage, join(folder, 'summary.json')));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(total);
}

const wanted = (name: string, args: readonly string[]) => args.length === 0 || args.includes(name);

async function runCheck(
  screen: Screen,
  [label, command, args]: (typeof CHECKS)[number],
  total: TestSummary,
): Promise<void> {
  const failed = new Error(`${label}: failed`);
  try {
    await screen.step(label, async () => {
      const outcome = await run(command, args, {}, CHECK_TIMEOUT_MS, 'collect');
      if (outcome.code === 0) return;
      console.log(outcome.output);
      throw failed;
    });
    total.passed++;
  } catch (error) {
    if (error !== failed) throw error;
    screen.warn(failed.message);
    total.failed.push(label);
  }
}

async function runStage(projects: readonly string[], summaryFile: string): Promise<TestSummary> {
  console.log(`\n${bold(projects.join(', '))}`);
  rmSync(summaryFile, { force: true });
  const { code } = await run(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.flatMap((name) => ['--project', name]),
      '--reporter=default',
      '--reporter=./scripts/test-summary-reporter.ts',
    ],
    { SANDPIT_TEST_SUMMARY: summaryFile },
    STAGE_TIMEOUT_MS,
    'show',
  );
  const summary = readSummary(summaryFile);
  if (!summary)
    return { passed: 0, failed: [`${projects.join(', ')}: did not finish`], skipped: [] };
  // Vitest also fails for reasons that belong to no test, such as a set-up that broke.
  if (code !== 0 && summary.failed.length === 0)
    summary.failed.push(`${projects.join(', ')}: see above`);
  return summary;
}

function readSummary(file: string): TestSummary | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestSummary;
  } catch {
    return null;
  }
}

function add(total: TestSummary, summary: TestSummary): void {
  total.passed += summary.passed;
  total.failed.push(...summary.failed);
  total.skipped.push(...summary.skipped);
}

function report({ passed, failed, skipped }: TestSummary): number {
  console.log('');
  for (const { name, reason } of skipped) console.log(`  ${yellow('SKIPPED')} ${name}: ${reason}`);
  for (const name of failed) console.log(`  ${red('FAILED')} ${name}`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length > 0 || passed === 0 ? 1 : 0;
}

interface Outcome {
  code: number;
  output: string;
}

/** Runs a command to its end, or ends it after `timeoutMs`. */
function run(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  timeoutMs: number,
  mode: 'show' | 'collect',
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        ...env,
        PATH: `${dirname(process.execPath)}${delimiter}${searchPath()}`,
      },
      stdio: mode === 'show' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGTERM',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
