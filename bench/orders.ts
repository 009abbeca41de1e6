/**
 * The order path: HTTP request in, committed answer out, with everything on and ten simulators active;
 * as a multiple of one acknowledged JetStream publish measured between the orders.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem } from '../test/support/system.ts';
import { Trader } from '../test/support/trader.ts';
import { HttpWire } from './http-wire.ts';
import { type PublishAck, startPublishAck } from './publish-ack.ts';
import { quantile } from './statistics.ts';
import { printTable } from './table.ts';

const SIMULATORS = 10;
/** The quota of a trader. */
const SIMULATORS_PER_TRADER = 3;
const ORDERS_PER_SECOND_EACH = 10;
const WARM_UP_MS = 3_000;
const MEASURE_MS = 15_000;
const SCENARIO = 'synthetic-day';

export interface OrdersResult {
  simulators: number;
  orders: number;
  publishAck: Latency;
  /** A request that does nothing: what HTTP and this client cost by themselves. */
  emptyRequest: Latency;
  roundTrip: Latency;
  ratioP50: number;
  ratioP99: number;
}

interface Latency {
  p50Ms: number;
  p99Ms: number;
}

interface Desk {
  wire: HttpWire;
  token: string;
  simulatorId: string;
  symbol: string;
  /** Far below the market and on the tick grid: it rests. */
  limitPrice: string;
}

export async function benchOrders(): Promise<OrdersResult> {
  const system = await startSystem();
  const reference = await startPublishAck();
  try {
    const desks = await openDesks(system.web);
    await trade(desks, reference, WARM_UP_MS);
    const result = summarize(desks.length, await trade(desks, reference, MEASURE_MS));
    print(result);
    return result;
  } finally {
    await reference.stop();
    await system.dispose();
  }
}

async function openDesks(web: string): Promise<Desk[]> {
  const desks: Desk[] = [];
  let trader: Trader | undefined;
  for (let i = 0; i < SIMULATORS; i++) {
    if (!trader || i % SIMULATORS_PER_TRADER === 0) trader = await Trader.signUp(web);
    const { id, symbols } = await trader.startSimulator(SCENARIO, i + 1);
    const symbol = symbols[0]!;
    const { bids } = await trader.book(id, symbol);
    const limitPrice = (Number(bids[0]!.price) * 0.95).toFixed(2);
    const wire = await HttpWire.open(web);
    desks.push({ wire, token: trader.token, simulatorId: id, symbol, limitPrice });
  }
  return desks;
}

/** Milliseconds each. */
interface Samples {
  orders: number[];
  acks: number[];
  requests: number[];
}

/**
 * An order, the reference and an empty request in each period, a third of it apart: all three begin
 * in processes that rest, as they do in use. One right behind another would find them awake and
 * their code in the caches, which is worth a third of a publish.
 */
async function trade(
  desks: readonly Desk[],
  reference: PublishAck,
  forMs: number,
): Promise<Samples> {
  const samples: Samples = { orders: [], acks: [], requests: [] };
  const endMs = performance.now() + forMs;
  const periodMs = 1_000 / ORDERS_PER_SECOND_EACH;
  await Promise.all(
    desks.map(async (desk, index) => {
      // Spread over the period, as traders are.
      await sleep((index / desks.length) * periodMs);
      for (let due = performance.now(); due < endMs; due += periodMs) {
        await until(due);
        samples.orders.push(await placeAndCancel(desk));
        await until(due + periodMs / 3);
        samples.acks.push(await reference.measure());
        await until(due + (2 * periodMs) / 3);
        samples.requests.push((await desk.wire.ask('GET', '/healthz')).tookMs);
      }
    }),
  );
  return samples;
}

const until = (dueMs: number) => sleep(Math.max(0, dueMs - performance.now()));

/** Milliseconds of the order alone; the cancel keeps the number of open orders small. */
async function placeAndCancel({ wire, token, simulatorId, symbol, limitPrice }: Desk) {
  const path = `/api/v1/simulators/${simulatorId}/orders`;
  const terms = { type: 'limit', timeInForce: 'gtc', side: 'buy', quantity: '1' };
  const order = { clientOrderId: randomUUID(), symbol, limitPrice, ...terms };
  const { status, text, tookMs } = await wire.ask('POST', path, token, order);
  const { orderId, status: state } = JSON.parse(text);
  if (status !== 201 || state !== 'new') throw new Error(`order: ${text}`);
  await wire.ask('DELETE', `${path}/${orderId}`, token);
  return tookMs;
}

function summarize(simulators: number, { orders, acks, requests }: Samples): OrdersResult {
  const latency = (values: readonly number[]): Latency => ({
    p50Ms: quantile(values, 0.5),
    p99Ms: quantile(values, 0.99),
  });
  const [roundTrip, publishAck] = [latency(orders), latency(acks)];
  return {
    simulators,
    orders: orders.length,
    publishAck,
    emptyRequest: latency(requests),
    roundTrip,
    ratioP50: roundTrip.p50Ms / publishAck.p50Ms,
    ratioP99: roundTrip.p99Ms / publishAck.p99Ms,
  };
}

function print(result: OrdersResult): void {
  const { simulators, orders, ratioP50, ratioP99 } = result;
  const row = (name: string, { p50Ms, p99Ms }: Latency) => [
    name,
    `${p50Ms.toFixed(2)} ms`,
    `${p99Ms.toFixed(2)} ms`,
  ];
  printTable(
    `Orders, ${simulators} simulators, ${ORDERS_PER_SECOND_EACH} orders/s each with as many cancels (${orders} orders)`,
    ['', 'p50', 'p99'],
    [
      row('JetStream publish, acknowledged', result.publishAck),
      row('empty request: GET /healthz', result.emptyRequest),
      row('order: HTTP in, committed, answered', result.roundTrip),
      ['ratio of the last to the first', `${ratioP50.toFixed(1)} ×`, `${ratioP99.toFixed(1)} ×`],
    ],
  );
}
