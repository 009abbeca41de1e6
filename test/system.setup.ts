/** One installation for all browser tests that kill nothing in it: each signs up a trader of its own. */
import type { TestProject } from 'vitest/node';
import { findBrowser } from '../scripts/first-run/browser.ts';
import { startSystem } from './support/system.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `home` has its logs. */
    installation: { web: string; home: string };
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  // Without a browser the tests are skipped.
  if (!findBrowser()) return;
  const system = await startSystem();
  project.provide('installation', { web: system.web, home: system.home });
  return () => system.dispose();
}
