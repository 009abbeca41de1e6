/** Requests over NATS in numbers. */
import { METRIC, type ServiceBroker } from 'moleculer';

const ANSWERED = 'sandpit.nats.answered.total';
const DROPPED = 'sandpit.nats.dropped.total';
const AT_WORK = 'sandpit.nats.atWork';

/**
 * Why nothing was answered: nobody to answer, more than is worth an answer, or by a network lab.
 */
export type Dropped = 'unaddressed' | 'flooded' | 'lab';

export class NatsDoorMetrics {
  readonly #metrics: ServiceBroker['metrics'];

  constructor({ metrics }: ServiceBroker) {
    this.#metrics = metrics;
    metrics.register({
      name: ANSWERED,
      type: METRIC.TYPE_COUNTER as 'counter',
      labelNames: ['status'],
      description: 'Requests over NATS that were answered, by the status of the answer',
    });
    metrics.register({
      name: DROPPED,
      type: METRIC.TYPE_COUNTER as 'counter',
      labelNames: ['why'],
      description: 'Requests over NATS that got no answer, and why',
    });
    metrics.register({
      name: AT_WORK,
      type: METRIC.TYPE_GAUGE as 'gauge',
      description: 'Requests over NATS that are being worked on',
    });
    metrics.set(AT_WORK, 0);
  }

  answered(status: number): void {
    this.#metrics.increment(ANSWERED, { status });
  }

  dropped(why: Dropped): void {
    this.#metrics.increment(DROPPED, { why });
  }

  atWork(requests: number): void {
    this.#metrics.set(AT_WORK, requests);
  }
}
