/**
 * The start of a simulator: HTTP request in, an order answered, for starts that leave the seed to the
 * system (its market stands ready when the pool is warm) and for starts that name one (its past has to
 * be run first). The reference is one acknowledged JetStream publish between the starts.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem } from '../test/support/system.ts';
import { Trader } from '../test/support/trader.ts';
import { HttpWire } from './http-wire.ts';
import { type PublishAck, startPublishAck } from './publish-ack.ts';
import { quantile } from './statistics.ts';
import { printTable } from './table.ts';

const SCENARIO = 'synthetic-day';
const STARTS = Number(process.env.STARTS ?? 40);
/** The pool fills up, and everything has been compiled. */
const WARM_STARTS = 5;
const WARM_UP_MS = 25_000;
/** Longer than the pool needs for another market. */
const BETWEEN_MS = 2_500;

type Kind = 'seed left to us' | 'seed named';

interface Measured {
  startMs: number;
  /** From the request to start to the answer to the first order. */
  tradingMs: number;
}

export interface StartResult {
  starts: number;
  publishAckP50Ms: number;
  kinds: Record<Kind, { startP50Ms: number; tradingP50Ms: number; tradingP99Ms: number }>;
}

export async function benchStart(): Promise<StartResult> {
  const system = await startSystem();
  const reference = await startPublishAck();
  try {
    const trader = await Trader.signUp(system.web);
    const wire = await HttpWire.open(system.web);
    const { body: session } = await trader.call<{ id: string }>('POST', '/sessions', {});
    const desk: Desk = { wire, token: trader.token, sessionId: session.id };
    for (let i = 0; i < WARM_STARTS; i++) await measure(desk, i);
    await sleep(WARM_UP_MS);
    return await run(desk, reference);
  } finally {
    await reference.stop();
    await system.dispose();
  }
}

interface Desk {
  wire: HttpWire;
  token: string;
  sessionId: string;
}

async function run(desk: Desk, reference: PublishAck): Promise<StartResult> {
  const samples: Record<Kind, Measured[]> = { 'seed left to us': [], 'seed named': [] };
  const acks: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    samples['seed left to us'].push(await measure(desk));
    acks.push(await reference.measure());
    await sleep(BETWEEN_MS);
    if (i % 2 === 0) samples['seed named'].push(await measure(desk, 1_000 + i));
    await sleep(BETWEEN_MS / 2);
  }
  const result: StartResult = {
    starts: STARTS,
    publishAckP50Ms: quantile(acks, 0.5),
    kinds: {
      'seed left to us': summary(samples['seed left to us']),
      'seed named': summary(samples['seed named']),
    },
  };
  print(result);
  return result;
}

const summary = (samples: readonly Measured[]) => ({
  startP50Ms: quantile(
    samples.map(({ startMs }) => startMs),
    0.5,
  ),
  tradingP50Ms: quantile(
    samples.map(({ tradingMs }) => tradingMs),
    0.5,
  ),
  tradingP99Ms: quantile(
    samples.map(({ tradingMs }) => tradingMs),
    0.99,
  ),
});

async function measure({ wire, token, sessionId }: Desk, seed?: number): Promise<Measured> {
  const named = seed === undefined ? {} : { seed };
  const startedMs = performance.now();
  const body = { sessionId, scenario: SCENARIO, ...named };
  const started = await wire.ask('POST', '/api/v1/simulators', token, body);
  if (started.status !== 201) throw new Error(`start: ${started.status} ${started.text}`);
  const { id, symbols } = JSON.parse(started.text) as { id: string; symbols: string[] };
  const order = {
    clientOrderId: randomUUID(),
    symbol: symbols[0],
    side: 'buy',
    type: 'market',
    quantity: '1',
    timeInForce: 'ioc',
  };
  const traded = await wire.ask('POST', `/api/v1/simulators/${id}/orders`, token, order);
  if (traded.status !== 201) throw new Error(`order: ${traded.status} ${traded.text}`);
  const tradingMs = performance.now() - startedMs;
  const stopped = await wire.ask('POST', `/api/v1/simulators/${id}/stop`, token, {});
  if (stopped.status !== 200) throw new Error(`stop: ${stopped.status} ${stopped.text}`);
  return { startMs: started.tookMs, tradingMs };
}

function print({ starts, publishAckP50Ms, kinds }: StartResult): void {
  const rows = Object.entries(kinds).map(([kind, figures]) => [
    kind,
    ms(figures.startP50Ms),
    ms(figures.tradingP50Ms),
    ms(figures.tradingP99Ms),
    `${(figures.tradingP50Ms / publishAckP50Ms).toFixed(1)} ×`,
  ]);
  printTable(
    `Starting a simulator of "${SCENARIO}" (${starts} starts; a publish takes ${ms(publishAckP50Ms)})`,
    ['', 'answered p50', 'first order p50', 'p99', 'per publish'],
    rows,
  );
}

const ms = (value: number) => `${value.toFixed(1)} ms`;
