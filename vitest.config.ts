import { defineConfig } from 'vitest/config';

/**
 * One project per step of the ladder, so that a step can be run alone:
 * `vitest run --project unit`. Integration and browser tests share one set of real servers.
 */
const common = { environment: 'node' as const, testTimeout: 20_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
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
          ...common,
          name: 'property',
          include: ['**/*.property.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: 'simulation',
          include: ['**/*.simulation.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'contract',
          include: ['**/*.contract.test.ts'],
          globalSetup: ['test/servers.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          globalSetup: ['test/servers.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
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
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
