/** How often the log kept a worker from writing: above 0 after a takeover that the old owner survived. */
import type { FenceCause } from '@sandpit/bus/append.ts';
import { METRIC, type ServiceBroker } from 'moleculer';

const FENCED = 'sandpit.simulator.appends.fenced.total';

export function fenceMetric({ metrics }: ServiceBroker): (cause: FenceCause) => void {
  metrics.register({
    name: FENCED,
    type: METRIC.TYPE_COUNTER as 'counter',
    labelNames: ['cause'],
    description:
      'Records that were not stored: conflict, another owner’s record stands there; unanswered, the log ' +
      'did not say in time; idTaken, a record of that name says something else',
  });
  for (const cause of ['conflict', 'unanswered', 'idTaken'] satisfies FenceCause[]) {
    metrics.increment(FENCED, { cause }, 0);
  }
  return (cause) => metrics.increment(FENCED, { cause });
}
