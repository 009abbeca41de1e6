/** A worker thread: takes one task at a time and answers with its result. */
import { parentPort } from 'node:worker_threads';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { ImpactRun } from '../../services/simulator/market/realism/impact-measures.ts';
import { observeDays, type Seen } from './observe-days.ts';
import { parentOrders } from './parent-orders.ts';

export type Task =
  | { kind: 'days'; scenario: Scenario; seed: number; days: number }
  | { kind: 'parents'; scenario: Scenario; symbol: string; seed: number; dayLots: number };

export interface Answers {
  days: Seen[];
  parents: ImpactRun[];
}

parentPort!.on('message', (task: Task) => {
  parentPort!.postMessage(
    task.kind === 'days'
      ? observeDays(task.scenario, task.seed, task.days)
      : parentOrders(task.scenario, task.symbol, task.seed, task.dayLots),
  );
});
