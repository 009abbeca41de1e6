/** Event-loop delay and breaker states in Moleculer's registry; a listener where there is no gateway. */
import type { Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { METRIC, type Middleware, type ServiceBroker } from 'moleculer';
import { type BreakerState, breakerReadings } from '../breakers.ts';
import { listenForMetrics } from '../metrics.ts';

const COLLECT_INTERVAL_MS = 5_000;
/** Between two looks at the loop; part of what the histogram holds, so it is taken off. */
const RESOLUTION_MS = 20;
const LOOP_DELAY = 'sandpit.event_loop.delay';
const BREAKER_STATE = 'sandpit.breaker.state';
const BREAKER_FAILURES = 'sandpit.breaker.failures';
const STATE_VALUE: Record<BreakerState, number> = { closed: 0, halfOpen: 1, open: 2 };

export function metrics(): Middleware {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let timer: NodeJS.Timeout | undefined;
  let server: Server | undefined;
  return {
    name: 'PlatformMetrics',
    created: register,
    async starting(broker) {
      loop.enable();
      collect(broker, loop);
      timer = setInterval(() => collect(broker, loop), COLLECT_INTERVAL_MS);
      timer.unref();
      if (broker.config.metrics.port > 0) {
        server = await listenForMetrics(broker, broker.config.metrics);
      }
    },
    async stopped() {
      clearInterval(timer);
      loop.disable();
      server?.closeAllConnections();
      server?.close();
    },
  };
}

function register({ metrics: registry }: ServiceBroker): void {
  registry.register({
    name: LOOP_DELAY,
    type: METRIC.TYPE_GAUGE as 'gauge',
    labelNames: ['quantile'],
    unit: 'millisecond',
    description: 'How late timers ran in the last 5 s, in ms',
  });
  registry.register({
    name: BREAKER_STATE,
    type: METRIC.TYPE_GAUGE as 'gauge',
    labelNames: ['dependency'],
    description: 'Circuit breaker: 0 closed, 1 half open, 2 open',
  });
  registry.register({
    name: BREAKER_FAILURES,
    type: METRIC.TYPE_GAUGE as 'gauge',
    labelNames: ['dependency'],
    description: 'Failures and timeouts seen by the circuit breaker in the last 10 s',
  });
}

function collect(
  { metrics: registry }: ServiceBroker,
  loop: ReturnType<typeof monitorEventLoopDelay>,
): void {
  const lateMs = (ns: number) =>
    Math.max(0, Math.round(ns / 1_000 - RESOLUTION_MS * 1_000) / 1_000);
  registry.set(LOOP_DELAY, lateMs(loop.percentile(50)), { quantile: '0.5' });
  registry.set(LOOP_DELAY, lateMs(loop.percentile(99)), { quantile: '0.99' });
  registry.set(LOOP_DELAY, lateMs(loop.max), { quantile: '1' });
  loop.reset();
  for (const { name, state, failures, timeouts } of breakerReadings()) {
    registry.set(BREAKER_STATE, STATE_VALUE[state], { dependency: name });
    registry.set(BREAKER_FAILURES, failures + timeouts, { dependency: name });
  }
}
