/**
 * Trade, kill the worker with SIGKILL in the middle of it, let it come back, trade on: nothing that was
 * answered is lost, nothing happens twice, and log, screen and PostgreSQL say the same. RUNS=50 repeats it fifty times.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderRequest, OrderView, Simulator } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { archiveViolations } from './support/archive.ts';
import { violations } from './support/laws.ts';
import { recordsOf } from './support/log.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const RUNS = Number(process.env.RUNS ?? 5);
const ORDERS_IN_FLIGHT = 8;
const RECOVERY_PATIENCE_MS = 20_000;
const SCENARIO = 'synthetic-day';

let system: System;
withSystem((started) => {
  system = started;
});

interface Desk {
  trader: Trader;
  simulator: Simulator;
  symbol: string;
  restingPrice: string;
  answered: OrderView[];
}

test(
  `${RUNS} × trade, kill -9, recover, trade`,
  async () => {
    const desk = await openDesk();
    const recoveredAfterMs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      desk.answered.push(...(await tradeThroughKill(desk, recoveredAfterMs)));
      expect(await brokenLaws(desk), `run ${run + 1}`).toEqual([]);
    }
    const sorted = recoveredAfterMs.map(Math.round).sort((a, b) => a - b);
    console.log(`back to trading after (ms): ${sorted.join(', ')}`);
  },
  30_000 + RUNS * 40_000,
);

async function openDesk(): Promise<Desk> {
  const trader = await Trader.signUp(system.web);
  const simulator = await trader.startSimulator(SCENARIO);
  const symbol = simulator.symbols[0]!;
  const { bids } = await trader.book(simulator.id, symbol);
  const restingPrice = (Number(bids[0]!.price) * 0.97).toFixed(2);
  return { trader, simulator, symbol, restingPrice, answered: [] };
}

/** Orders of several kinds are on their way while the worker dies; each is asked for until answered. */
async function tradeThroughKill(desk: Desk, recoveredAfterMs: number[]): Promise<OrderView[]> {
  const { trader, simulator } = desk;
  const before = await submit(desk, 'market');
  const inFlight = Array.from({ length: ORDERS_IN_FLIGHT }, async (_, index) => {
    await sleep(index * 3);
    return submit(desk, index % 2 === 0 ? 'limit' : 'market');
  });
  await sleep(Math.random() * 25);
  const killedAt = performance.now();
  const pid = system.kill('worker-1');
  const during = await Promise.all(inFlight);
  recoveredAfterMs.push(performance.now() - killedAt);
  await system.restarted('worker-1', pid);
  const after = await submit(desk, 'market');
  await trader.cancelAll(simulator.id);
  return [before, ...during, after];
}

function submit({ trader, simulator, symbol, restingPrice }: Desk, type: 'market' | 'limit') {
  const order: Partial<OrderRequest> = {
    clientOrderId: randomUUID(),
    symbol,
    side: 'buy',
    quantity: '1',
    type,
    ...(type === 'limit' ? { limitPrice: restingPrice } : { timeInForce: 'ioc' as const }),
  };
  return trader.orderUntilAnswered(simulator.id, order, RECOVERY_PATIENCE_MS);
}

async function brokenLaws({ trader, simulator, answered }: Desk): Promise<string[]> {
  const { id } = simulator;
  const [orders, executions, positions] = await Promise.all([
    trader.orders(id),
    trader.executions(id),
    trader.positions(id),
  ]);
  const address = { accountId: trader.accountId, simulatorId: id };
  const records = await recordsOf(system.home, address);
  return [
    ...violations(records, { answered, orders, executions, positions }),
    ...(await archiveViolations(system.home, address, records)),
  ];
}
