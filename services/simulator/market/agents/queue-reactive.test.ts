import { describe, expect, test } from 'vitest';
import { BUY, SELL } from '../access.ts';
import { Random } from '../random.ts';
import { AgentDesk } from '../testing/agent-desk.ts';
import {
  arrivalsAt,
  cancellationsAt,
  QUEUE_REACTIVE_SLOTS,
  QueueReactive,
  type QueueTerms,
} from './queue-reactive.ts';

const TERMS: QueueTerms = { ordersPerSecond: 4.8, usualOrders: 10 };
const OWNER = 1_000;

describe('the rates of a queue', () => {
  test('at the best price arrivals do not depend on it, unless it is empty', () => {
    expect(arrivalsAt(0, 1, TERMS)).toBe(arrivalsAt(0, 500, TERMS));
    expect(arrivalsAt(0, 0, TERMS)).toBe(arrivalsAt(0, 1, TERMS) / 2);
  });

  test.each([1, 2])('%i behind it fewer come the longer it is', (n) => {
    expect(arrivalsAt(n, 0, TERMS)).toBeGreaterThan(arrivalsAt(n, 10, TERMS));
    expect(arrivalsAt(n, 10, TERMS)).toBeGreaterThan(arrivalsAt(n, 20, TERMS));
  });

  test.each([0, 1, 2])('%i: a queue of the usual length stays, others come back to it', (n) => {
    const drift = (length: number) =>
      arrivalsAt(n, length, TERMS) - cancellationsAt(n, length, TERMS);
    expect(drift(10)).toBeCloseTo(0, 12);
    expect(drift(5)).toBeGreaterThan(0);
    expect(drift(20)).toBeLessThan(0);
  });

  test('cancellations grow with the queue, ever more slowly', () => {
    const at = [0, 5, 10, 15].map((length) => cancellationsAt(0, length, TERMS));
    const steps = at.slice(1).map((rate, i) => rate - at[i]!);
    expect(at[0]).toBe(0);
    expect(steps[0]).toBeGreaterThan(steps[1]!);
    expect(steps[1]).toBeGreaterThan(steps[2]!);
    expect(steps[2]).toBeGreaterThan(0);
  });

  test('all queues of the usual length together have so many arrivals a second', () => {
    const all = [0, 1, 2].reduce((sum, n) => sum + 2 * arrivalsAt(n, 10, TERMS), 0);
    expect(all).toBeCloseTo(4.8, 12);
  });
});

function agent(lots = 1_000) {
  const desk = new AgentDesk();
  const queue = new QueueReactive(desk.state, OWNER, 5, Random.stream(3, 'queue-reactive'));
  desk.quote(17_999, 18_000, lots);
  // The price between the two, as makers see it.
  desk.state.value.moveTo(17_999.5);
  return { desk, queue };
}

/** Wakes it so many times; the time that has passed, in seconds. */
function wake(queue: QueueReactive, times: number): number {
  let nowNs = 0;
  for (let i = 0; i < times; i++) nowNs = queue.wake(nowNs);
  return nowNs / 1e9;
}

const restingOf = (queue: QueueReactive) =>
  queue.snapshot().orders.live.map(([, side, priceTicks, lots]) => ({ side, priceTicks, lots }));

describe('the agent', () => {
  test('joins the three best prices of each side, a round lot at a time, and never trades', () => {
    const { desk, queue } = agent();
    wake(queue, 400);
    const resting = restingOf(queue);
    const prices = (side: number) =>
      [
        ...new Set(resting.filter((each) => each.side === side).map((each) => each.priceTicks)),
      ].sort();
    expect(prices(BUY)).toEqual([17_997, 17_998, 17_999]);
    expect(prices(SELL)).toEqual([18_000, 18_001, 18_002]);
    expect(new Set(resting.map(({ lots }) => lots))).toEqual(new Set([100]));
    expect(desk.trades()).toEqual([]);
  });

  test('keeps short queues longer than long ones are kept', () => {
    const count = (lots: number) => {
      const { queue } = agent(lots);
      wake(queue, 600);
      return restingOf(queue).filter(({ priceTicks }) => priceTicks === 17_999).length;
    };
    expect(count(100)).toBeGreaterThan(count(20_000) + 2);
  });

  test('acts as often as its bound says, and holds no more than it has slots for', () => {
    const { queue } = agent();
    const seconds = wake(queue, 20_000);
    // 2 × 2 × 5 a second, at an activity whose root is taken.
    expect(20_000 / seconds).toBeGreaterThan(5);
    expect(20_000 / seconds).toBeLessThan(80);
    expect(restingOf(queue).length).toBeLessThanOrEqual(QUEUE_REACTIVE_SLOTS);
  });

  test('an order that traded away is forgotten; one in part is smaller', () => {
    const { queue } = agent();
    wake(queue, 100);
    const slot = queue.snapshot().orders.live[0]![0];
    const before = restingOf(queue).length;
    queue.onFill(slot, 40);
    expect(restingOf(queue)[0]).toMatchObject({ lots: 40 });
    queue.onFill(slot, 0);
    expect(restingOf(queue)).toHaveLength(before - 1);
  });

  test('takes back what the price has moved through and what it has left behind', () => {
    const { desk, queue } = agent();
    wake(queue, 400);
    const { value } = desk.state;
    value.moveTo(value.valueTicks + 40);
    for (let step = 0; step < 200; step++) {
      value.step(step * value.stepNs);
      queue.withdrawStale();
    }
    expect(restingOf(queue)).toEqual([]);
  });

  test('does nothing where a side is empty', () => {
    const desk = new AgentDesk();
    const queue = new QueueReactive(desk.state, OWNER, 5, Random.stream(3, 'queue-reactive'));
    wake(queue, 100);
    expect(restingOf(queue)).toEqual([]);
  });

  test('a restored one goes on alike', () => {
    const { desk, queue } = agent();
    wake(queue, 200);
    const twin = new QueueReactive(desk.state, OWNER, 5, Random.stream(9, 'other'));
    twin.restore(queue.snapshot());
    expect(twin.snapshot()).toEqual(queue.snapshot());
    expect(twin.wake(0)).toBe(queue.wake(0));
  });
});
