/**
 * Orders as a trading program sends them: each is asked for again under its own id until it is
 * answered, whatever happens on the way. Draws from a seed what to ask for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderRequest, OrderView, Simulator } from '@sandpit/schemas/http.ts';
import { pick, type Random } from '../../../services/simulator/simulation/workload.ts';
import type { Answer, Trader } from '../../support/trader.ts';
import type { OrderAnswer } from '../checker/history.ts';

/** Longer than anything that heals by itself. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 100;
const IN_FLIGHT_MAX = 16;
const RESTING_MAX = 40;

export interface OrderFlowOptions {
  trader: Trader;
  simulator: Simulator;
  /** Mean time between two requests. */
  everyMs: number;
  /** A price that rests below the market. */
  restingPrice: string;
  random: Random;
  /** In front of every client order id. */
  prefix: string;
}

type OrderBody = Partial<OrderRequest> & { clientOrderId: string };

export interface Timed {
  sentAtMs: number;
  tookMs: number;
}

export class OrderFlow {
  readonly answers: OrderAnswer[] = [];
  readonly sent = new Set<string>();
  /** Of each order: when it was first sent, and how long its answer took. */
  readonly timed: Timed[] = [];
  /** Orders that never got an answer, or one that a client can do nothing with. */
  readonly failures: string[] = [];
  /** Answers after which a request was sent again; the orders came to be all the same. */
  readonly retried: string[] = [];
  readonly #options: OrderFlowOptions;
  readonly #resting: string[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #count = 0;

  constructor(options: OrderFlowOptions) {
    this.#options = options;
  }

  start(): void {
    const { everyMs, random } = this.#options;
    this.#timer = setTimeout(
      () => {
        if (this.#underWay.size < IN_FLIGHT_MAX) this.#track(this.#request());
        this.start();
      },
      everyMs * (0.5 + random()),
    );
  }

  /** No new ones; resolves when everything that is under way is answered. */
  async settle(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** One below the market, that stays open. */
  async rest(timeInForce: 'day' | 'gtc'): Promise<void> {
    await this.#submit({ ...this.#body('limit'), timeInForce });
  }

  /** The same order many times at once, as by a client gone mad. @returns the distinct answers. */
  async storm(times: number): Promise<Set<string>> {
    const body = this.#body('market');
    const views = await Promise.all(Array.from({ length: times }, () => this.#submit(body)));
    return new Set(views.map((view) => (view ? `${view.orderId} ${view.status}` : 'none')));
  }

  #track(request: Promise<unknown>): void {
    const done = request.then(
      () => {},
      (error: unknown) => void this.failures.push(String(error)),
    );
    const tracked: Promise<void> = done.then(() => void this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  #request(): Promise<unknown> {
    const dice = this.#options.random();
    if (dice < 0.45) return this.#submit(this.#body('market'));
    if (dice < 0.8 || this.#resting.length === 0) return this.#submit(this.#body('limit'));
    const orderId = this.#resting.shift()!;
    const { trader, simulator } = this.#options;
    if (dice < 0.95) return this.#untilAnswered(() => trader.cancel(simulator.id, orderId));
    return this.#untilAnswered(() => trader.cancelAll(simulator.id));
  }

  #body(type: 'market' | 'limit'): OrderBody {
    const { simulator, restingPrice, random, prefix } = this.#options;
    this.#count += 1;
    const symbol = simulator.symbols[0]!;
    const clientOrderId = `${prefix}-${this.#count}`;
    if (type === 'limit') {
      const limit = { type, limitPrice: restingPrice, timeInForce: 'gtc' } as const;
      return { clientOrderId, symbol, side: 'buy', quantity: '1', ...limit };
    }
    const side = pick(['buy', 'sell'] as const, random);
    return { clientOrderId, symbol, side, quantity: '1', type, timeInForce: 'ioc' };
  }

  /** @returns the answer, or null when there was none that helps. */
  async #submit(body: OrderBody): Promise<OrderView | null> {
    const { trader, simulator } = this.#options;
    const { clientOrderId } = body;
    this.sent.add(clientOrderId);
    const sentAtMs = performance.now();
    const order = await this.#untilAnswered(() => trader.order(simulator.id, body));
    if (!order) return null;
    this.timed.push({ sentAtMs, tookMs: performance.now() - sentAtMs });
    this.answers.push({ clientOrderId, order });
    if (order.status === 'new' && this.#resting.length < RESTING_MAX) {
      this.#resting.push(order.orderId);
    }
    return order;
  }

  /** Faults of the way and of the servers are asked through; a refusal of ours is an answer. */
  async #untilAnswered<T>(ask: () => Promise<Answer<T>>): Promise<T | null> {
    const deadline = performance.now() + PATIENCE_MS;
    let last = '';
    while (performance.now() < deadline) {
      const answer = await ask().catch(String);
      if (typeof answer !== 'string' && answer.status < 300) return answer.body;
      last =
        typeof answer === 'string' ? answer : `${answer.status} ${JSON.stringify(answer.body)}`;
      if (typeof answer !== 'string' && isFinal(answer.status)) {
        // A cancel of what is done already, for one, is no failure.
        if (!GONE.has(answer.status)) this.failures.push(`refused: ${last}`);
        return null;
      }
      this.retried.push(last);
      await sleep(RETRY_MS);
    }
    this.failures.push(`no answer within ${PATIENCE_MS / 1_000} s: ${last}`);
    return null;
  }
}

const GONE = new Set([404, 409]);
const isFinal = (status: number) => status < 500 && ![401, 408, 429].includes(status);
