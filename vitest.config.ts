import { defineConfig } from 'vitest/config';

/**
 * One project per step of the ladder, so that a step can be run alone:
 * `vitest run --project unit`. Contract and integration tests have real servers.
 */
const common = { environment: 'node' as const, testTimeout: 20_000 };

/**
 * What only computes: on all cores, and one process runs file after file, as nothing in it outlives a
 * file (`no-leftovers.ts` looks). A process for each file would take as long as the tests do.
 */
const computing = {
  ...common,
  isolate: false,
  maxWorkers: '100%',
  /** On a machine with other work they take ten times as long. */
  testTimeout: 60_000,
  setupFiles: ['test/support/no-leftovers.ts'],
};

/** What mostly waits, for real servers: two files at a time. */
const waiting = {
  ...common,
  maxWorkers: 2,
  sequence: { groupOrder: 1 },
  globalSetup: ['test/servers.setup.ts'],
  setupFiles: ['test/support/own-servers.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...computing,
          name: 'unit',
          include: [
            '{schemas,bus,services,migrations,scripts,bench}/**/*.test.ts',
            'ui/src/lib/**/*.test.ts',
            'test/{support,mutants,chaos}/**/*.test.ts',
          ],
          exclude: [
            '**/*.{property,simulation,contract,integration,chaos,browser}.test.ts',
            '**/node_modules/**',
          ],
        },
      },
      {
        test: {
          ...computing,
          name: 'property',
          include: ['**/*.property.test.ts'],
        },
      },
      {
        test: {
          ...computing,
          name: 'simulation',
          include: ['**/*.simulation.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...waiting,
          name: 'contract',
          include: ['**/*.contract.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...waiting,
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'chaos',
          include: ['test/chaos/**/*.chaos.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          globalSetup: ['test/system.setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
