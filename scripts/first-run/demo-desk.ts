/**
 * Gives the demo trader something to come back to: a running market, a position and a resting order,
 * made through the public API like anybody's. Once for each installation.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthAnswer, OrderRequest, Simulator } from '@sandpit/schemas/http.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { House } from './house.ts';
import { DEMO_EMAIL } from './secrets.ts';

const SCENARIO = 'synthetic-day';
const SEED = 20_261_121;
const REQUEST_TIMEOUT_MS = 10_000;
/** Below the bid, so that it rests. */
const RESTING_SHARE = 0.995;

/** What goes wrong here costs a demonstration and a warning, not the start. */
export async function openDemoDesk({ layout, ports, secrets, screen }: House): Promise<void> {
  const stamp = join(layout.done, 'demo-desk');
  if (existsSync(stamp)) return;
  const credentials = { email: DEMO_EMAIL, password: secrets.demoPassword };
  // Before the attempt: half a demonstration is better than one more at every start.
  writeFileSync(stamp, new Date().toISOString());
  try {
    await screen.step('a market for the demo trader', () => open(ports.web, credentials));
  } catch (error) {
    screen.warn(`The demo trader begins without a market: ${(error as Error).message}`);
  }
}

async function open(port: number, credentials: { email: string; password: string }): Promise<void> {
  const api = `http://127.0.0.1:${port}/api/v1`;
  const { accessToken } = await call<AuthAnswer>(`${api}/auth/login`, credentials);
  const post = <T>(path: string, body: unknown) => call<T>(`${api}${path}`, body, accessToken);
  const { id: sessionId } = await post<{ id: string }>('/sessions', {});
  const request = { sessionId, scenario: SCENARIO, seed: SEED };
  const { id, symbols } = await post<Simulator>('/simulators', request);
  const symbol = symbols[0]!;
  const order = (rest: Partial<OrderRequest>) =>
    post(`/simulators/${id}/orders`, { symbol, side: 'buy', quantity: '100', ...rest });
  await order({ clientOrderId: 'demo-1', type: 'market' });
  const { bid } = await call<QuoteFrame>(
    `${api}/simulators/${id}/quote/${symbol}`,
    null,
    accessToken,
  );
  if (bid === null) return;
  const limitPrice = (Number(bid) * RESTING_SHARE).toFixed(2);
  await order({ clientOrderId: 'demo-2', type: 'limit', limitPrice, timeInForce: 'gtc' });
}

/** POST with a body, GET without. @throws Error with the problem's own words. */
async function call<T>(url: string, body: unknown, token?: string): Promise<T> {
  const answer = await fetch(url, {
    method: body === null ? 'GET' : 'POST',
    headers: {
      ...(body !== null && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== null && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const value = (await answer.json()) as { title?: string; detail?: string };
  if (!answer.ok) throw new Error(value.detail ?? value.title ?? `status ${answer.status}`);
  return value as T;
}
