/** The doors of one system on real servers, with a scripted worker behind them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { ServiceBroker, type ServiceSchema } from 'moleculer';
import { inject } from 'vitest';
import { brokerOptions } from '../../../moleculer.config.ts';
import { freePorts } from '../../../scripts/servers/ports.ts';
import identity from '../../identity/identity.service.ts';
import orders from '../../orders/orders.service.ts';
import { type Config, loadConfig } from '../../platform/config.ts';
import { stores } from '../../platform/stores.ts';
import profiles from '../../profiles/profiles.service.ts';
import sessions from '../../sessions/sessions.service.ts';
import gateway from '../gateway.service.ts';
import { publishScenario, scenarioHash, scenarioId } from './market.ts';
import { ScriptedWorker, type SimulatorKey } from './scripted-worker.ts';

export interface Doors {
  web: string;
  port: number;
  broker: ServiceBroker;
  worker: ScriptedWorker;
  trader(): Promise<TestTrader>;
  stop(): Promise<void>;
}

export interface TestTrader {
  token: string;
  cookie: string;
  accountId: string;
  sessionId: string;
  simulator: SimulatorKey;
  /** A request in the trader's name; `path` below /api/v1. */
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Answered>;
}

export interface Answered {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come.
  body: any;
}

/** On a free port, and on the servers of the file that asks unless `env` names others. */
export async function openDoors(env: Record<string, string> = {}): Promise<Doors> {
  const servers = inject('servers');
  const [port] = (await freePorts(1)) as [number];
  const config: Config = loadConfig({
    SANDPIT_ROLE: 'doors',
    SANDPIT_NAMESPACE: `test-${randomBytes(4).toString('hex')}`,
    NATS_URL: servers.natsUrl,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    HTTP_PORT: `${port}`,
    LOG_LEVEL: 'error',
    ...env,
  });
  const broker = new ServiceBroker(brokerOptions(config, stores));
  const worker = new ScriptedWorker(broker);
  for (const service of [identity, sessions, profiles, orders, gateway, worker.service()]) {
    broker.createService(service as unknown as ServiceSchema);
  }
  await broker.start();
  await publishScenario(broker.bus);
  const web = `http://127.0.0.1:${port}`;
  return {
    web,
    port,
    broker,
    worker,
    trader: () => signUp(broker, worker, web),
    async stop() {
      await worker.stop();
      await broker.stop();
    },
  };
}

async function signUp(
  broker: ServiceBroker,
  worker: ScriptedWorker,
  web: string,
): Promise<TestTrader> {
  const credentials = {
    email: `t-${randomUUID()}@example.com`,
    password: `horse ${randomUUID()}`,
  };
  const entered = await request(web, 'POST', '/auth/signup', { body: credentials });
  if (entered.status !== 201) throw new Error(JSON.stringify(entered.body));
  const token = entered.body.accessToken as string;
  const { accountId } = await broker.tokens.verify(token);
  const call: TestTrader['call'] = (method, path, body, headers = {}) =>
    request(web, method, path, {
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  const session = await call('POST', '/sessions', {});
  const simulator = { simulatorId: randomBytes(8).toString('hex'), accountId };
  await sql`
    insert into simulators (id, account_id, session_id, scenario_id, scenario_hash, seed, speed,
      starting_cash_micros, currency, symbols, state, started_at)
    values (${simulator.simulatorId}, ${accountId}, ${session.body.id}, ${scenarioId},
      ${scenarioHash}, 1, 1, 1000000, 'USD', '["ACME"]', 'running', now())`.execute(
    broker.database,
  );
  await worker.run(simulator);
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  return { token, cookie, accountId, sessionId: session.body.id, simulator, call };
}

/** @param path  Below /api/v1; one that begins with `//` is meant from the root. */
export async function request(
  web: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: object } = {},
): Promise<Answered> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const url = path.startsWith('//') ? `${web}${path.slice(1)}` : `${web}/api/v1${path}`;
  const answer = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  const parsed = isJson && text ? JSON.parse(text) : text;
  return { status: answer.status, headers: answer.headers, body: parsed };
}
