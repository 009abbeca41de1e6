/** The streams in numbers. */
import { METRIC, type ServiceBroker } from 'moleculer';
import type { Resume } from './position.ts';
import type { Stream } from './stream.ts';

const OPEN = 'sandpit.sse.streams';
const RESUMED = 'sandpit.sse.resumed.total';
const SLOW = 'sandpit.sse.too_slow.total';
const CONFLATED = 'sandpit.sse.conflated.total';

export class StreamMetrics {
  readonly #metrics: ServiceBroker['metrics'];

  constructor({ metrics }: ServiceBroker) {
    this.#metrics = metrics;
    const counter = METRIC.TYPE_COUNTER as 'counter';
    metrics.register({
      name: OPEN,
      type: METRIC.TYPE_GAUGE as 'gauge',
      description: 'Open streams',
    });
    metrics.set(OPEN, 0);
    metrics.register({
      name: RESUMED,
      type: counter,
      labelNames: ['way'],
      description: 'Streams that caught up, by where the missing records came from',
    });
    metrics.register({
      name: SLOW,
      type: counter,
      description: 'Streams cut off because the reader was too slow',
    });
    metrics.register({
      name: CONFLATED,
      type: counter,
      description: 'Market data frames replaced by a newer one before a slow reader took them',
    });
  }

  opened(open: number): void {
    this.#metrics.set(OPEN, open);
  }

  resumed(way: Resume): void {
    this.#metrics.increment(RESUMED, { way });
  }

  closed(open: number, { tooSlow, conflated }: Stream): void {
    this.#metrics.set(OPEN, open);
    if (tooSlow) this.#metrics.increment(SLOW);
    if (conflated > 0) this.#metrics.increment(CONFLATED, {}, conflated);
  }
}
