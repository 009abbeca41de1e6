/** Writes what ran into the file named by SANDPIT_TEST_SUMMARY; `npm test` adds the stages up. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export interface TestSummary {
  passed: number;
  /** Full names. A file that could not be loaded counts as one. */
  failed: string[];
  skipped: { name: string; reason: string }[];
}

export default class TestSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const summary: TestSummary = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      if (module.errors().length > 0) summary.failed.push(module.moduleId);
      for (const test of module.children.allTests()) count(summary, test);
    }
    for (const error of unhandledErrors) {
      summary.failed.push(`unhandled: ${(error as { message?: string }).message ?? error}`);
    }
    const file = process.env.SANDPIT_TEST_SUMMARY;
    if (file) writeFileSync(file, JSON.stringify(summary));
  }
}

function count(summary: TestSummary, test: TestCase): void {
  const name = `[${test.project.name}] ${test.fullName}`;
  const result = test.result();
  if (result.state === 'passed') summary.passed++;
  else if (result.state === 'skipped') {
    summary.skipped.push({ name, reason: result.note ?? 'its condition is not met' });
  } else summary.failed.push(name);
}
