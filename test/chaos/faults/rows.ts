/** All rows that are run against real processes, and where the others of the matrix are proven. */
import { clientRows } from './clients.ts';
import { guardRows } from './guards.ts';
import { networkRows } from './networks.ts';
import { processRows } from './processes.ts';
import type { Row } from './row.ts';

export const ROWS: readonly Row[] = [...processRows, ...networkRows, ...clientRows, ...guardRows];

/** A bounded selection that touches every kind of process and network. */
export const SELECTION = [
  'worker-kill',
  'worker-freeze',
  'doors-kill',
  'nats-kill',
  'answers-lost',
  'stream-cut',
  'database-cut',
  'same-order',
] as const;

/** Matrix number -> where else, or why not here. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  '3': 'simulation: with two owners at once, only the log decides',
  '4': 'simulation: npm run chaos -- --simulate',
  '9': 'needs a file system that forgets what was not synced',
  '10': 'services/simulator: a log that does not verify halts the simulator',
  '15': 'services/gateway/slow-reader.integration.test.ts',
  '21': 'needs a volume of fixed size',
  '22': 'needs a clock of its own for each process',
  '24': 'simulation: hard cases',
  '25': 'simulation: hard cases',
  '26–35': 'services/gateway, services/identity: attacks and limits',
  '36': 'simulation: records of another engine version',
  '37': '--nats-cluster runs all of this on three servers',
};
