/** The sockets in numbers. */
import type { ProblemCode } from '@sandpit/schemas/problem.ts';
import { METRIC, type ServiceBroker } from 'moleculer';

const OPEN = 'sandpit.socket.open';
const REFUSED = 'sandpit.socket.refused.total';

export class SocketMetrics {
  readonly #metrics: ServiceBroker['metrics'];

  constructor({ metrics }: ServiceBroker) {
    this.#metrics = metrics;
    metrics.register({
      name: OPEN,
      type: METRIC.TYPE_GAUGE as 'gauge',
      description: 'Open WebSockets, with or without a stream',
    });
    metrics.set(OPEN, 0);
    metrics.register({
      name: REFUSED,
      type: METRIC.TYPE_COUNTER as 'counter',
      labelNames: ['code'],
      description: 'WebSockets that were refused or ended, by the problem that they were told',
    });
  }

  open(sockets: number): void {
    this.#metrics.set(OPEN, sockets);
  }

  refused(code: ProblemCode): void {
    this.#metrics.increment(REFUSED, { code });
  }
}
