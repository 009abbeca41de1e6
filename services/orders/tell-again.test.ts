import type { ServiceBroker } from 'moleculer';
import { expect, test, vi } from 'vitest';
import { tellAgain } from './risk-actions.ts';

/** A broker whose wait for other services ends badly, as it does when the process stops. */
const brokerThat = (stopping: boolean) =>
  ({
    stopping,
    waitForServices: () => Promise.reject(new Error('Services waiting is timed out.')),
  }) as unknown as ServiceBroker;

test.each([
  [true, 0],
  [false, 1],
])('when stopping is %s, switches not told are reported %i times', async (stopping, times) => {
  const report = vi.fn();
  const tell = vi.fn();
  await tellAgain(brokerThat(stopping), { tell }, report);
  expect(report).toHaveBeenCalledTimes(times);
  expect(tell).not.toHaveBeenCalled();
});
