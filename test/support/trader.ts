/** A trader over REST, as a client of somebody else would be written: only what DESIGN promises. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AccountView,
  AuthAnswer,
  ExecutionView,
  OrderRequest,
  OrderView,
  PositionView,
  Simulator,
} from '@sandpit/schemas/http.ts';
import type { BookFrame } from '@sandpit/schemas/market-data.ts';
import { ask } from './http-client.ts';

/** Access tokens live for five minutes. */
const TOKEN_RENEW_MS = 240_000;
const TOKEN_RETRY_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const OUTCOME_UNKNOWN = 504;

const PAGE = 500;

interface Page<T> {
  items: T[];
  nextSince: number;
}

export interface Answer<T> {
  status: number;
  body: T;
}

export class Trader {
  readonly #web: string;
  readonly #credentials: { email: string; password: string };
  #token: string;
  #tokenSinceMs = performance.now();
  readonly user: AuthAnswer['user'];
  /** As NATS subjects name it. */
  readonly accountId: string;

  constructor(web: string, credentials: { email: string; password: string }, answer: AuthAnswer) {
    this.#web = web;
    this.#credentials = credentials;
    this.#token = answer.accessToken;
    this.user = answer.user;
    const claims = answer.accessToken.split('.')[1]!;
    this.accountId = JSON.parse(Buffer.from(claims, 'base64url').toString()).acc;
  }

  static async signUp(web: string, email = `trader-${randomUUID()}@example.com`): Promise<Trader> {
    const body = { email, password: `correct horse ${randomUUID()}` };
    const answer = await request<AuthAnswer>(web, 'POST', '/auth/signup', { body });
    if (answer.status !== 201) throw new Error(`sign-up: ${JSON.stringify(answer)}`);
    return new Trader(web, body, answer.body);
  }

  static async logIn(web: string, body: { email: string; password: string }): Promise<Trader> {
    const answer = await request<AuthAnswer>(web, 'POST', '/auth/login', { body });
    if (answer.status !== 200) throw new Error(`log-in: ${JSON.stringify(answer)}`);
    return new Trader(web, body, answer.body);
  }

  /** Good for five minutes from the sign-up on. */
  get token(): string {
    return this.#token;
  }

  /** Renewed in time; while nobody can log in, the old one as long as it lasts. */
  async freshToken(): Promise<string> {
    if (performance.now() - this.#tokenSinceMs > TOKEN_RENEW_MS) {
      const before = this.#tokenSinceMs;
      // Not by everybody at once.
      this.#tokenSinceMs = performance.now();
      try {
        this.#token = (await Trader.logIn(this.#web, this.#credentials)).#token;
      } catch {
        this.#tokenSinceMs = before + TOKEN_RETRY_MS;
      }
    }
    return this.#token;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const token = await this.freshToken();
    return request<T>(this.#web, method, path, { token, body });
  }

  /** The body, or an error that shows the answer. */
  async get<T>(path: string): Promise<T> {
    const answer = await this.call<T>('GET', path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  async startSimulator(scenario: string, seed = 7): Promise<Simulator> {
    const session = await this.call<{ id: string }>('POST', '/sessions', {});
    const body = { sessionId: session.body.id, scenario, seed };
    const answer = await this.call<Simulator>('POST', '/simulators', body);
    if (answer.status !== 201) throw new Error(`start: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  order(simulatorId: string, order: Partial<OrderRequest>): Promise<Answer<OrderView>> {
    const body = { clientOrderId: randomUUID(), type: 'limit', timeInForce: 'gtc', ...order };
    return this.call<OrderView>('POST', `/simulators/${simulatorId}/orders`, body);
  }

  /** The same request, with the same client order id, until it is answered: what a client does. */
  async orderUntilAnswered(
    simulatorId: string,
    order: Partial<OrderRequest>,
    patienceMs: number,
  ): Promise<OrderView> {
    const clientOrderId = order.clientOrderId ?? randomUUID();
    const deadline = performance.now() + patienceMs;
    for (let last = ''; ; await sleep(100)) {
      const answer = await this.order(simulatorId, { ...order, clientOrderId }).catch(String);
      if (typeof answer !== 'string' && answer.status <= 201) return answer.body;
      if (typeof answer !== 'string' && answer.status < 500 && answer.status !== 429) {
        throw new Error(`order: ${JSON.stringify(answer)}`);
      }
      last = JSON.stringify(answer);
      if (performance.now() > deadline) throw new Error(`no answer in ${patienceMs} ms: ${last}`);
    }
  }

  /** The same request again while its outcome is unknown. */
  async callUntilKnown<T>(
    method: string,
    path: string,
    body: unknown,
    patienceMs: number,
  ): Promise<Answer<T>> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = await this.call<T>(method, path, body);
      if (answer.status !== OUTCOME_UNKNOWN || performance.now() > deadline) return answer;
    }
  }

  cancel(simulatorId: string, orderId: string): Promise<Answer<OrderView>> {
    return this.call('DELETE', `/simulators/${simulatorId}/orders/${orderId}`);
  }

  cancelAll(simulatorId: string): Promise<Answer<unknown>> {
    return this.call('DELETE', `/simulators/${simulatorId}/orders`);
  }

  orders(simulatorId: string): Promise<OrderView[]> {
    return this.#all(`/simulators/${simulatorId}/orders`);
  }

  executions(simulatorId: string): Promise<ExecutionView[]> {
    return this.#all(`/simulators/${simulatorId}/executions`);
  }

  /** Every page of a list. */
  async #all<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for (let since = 0; ; ) {
      const page = await this.get<Page<T>>(`${path}?limit=${PAGE}&since=${since}`);
      all.push(...page.items);
      if (page.items.length < PAGE) return all;
      since = page.nextSince;
    }
  }

  async positions(simulatorId: string): Promise<PositionView[]> {
    return (await this.get<{ items: PositionView[] }>(`/simulators/${simulatorId}/positions`))
      .items;
  }

  account(simulatorId: string): Promise<AccountView> {
    return this.get(`/simulators/${simulatorId}/account`);
  }

  book(simulatorId: string, symbol: string): Promise<BookFrame> {
    return this.get(`/simulators/${simulatorId}/book/${symbol}`);
  }
}

async function request<T>(
  web: string,
  method: string,
  path: string,
  { token, body }: { token?: string; body?: unknown },
): Promise<Answer<T>> {
  const { status, text } = await ask(`${web}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  return { status, body: (text ? JSON.parse(text) : null) as T };
}
