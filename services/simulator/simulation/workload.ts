/** What traders ask for, drawn from the seed: orders, cancels, replaces, clock commands, nonsense. */

import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { Command, CommandBody } from '@sandpit/schemas/command.ts';
import type { Micros, PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';

export type Random = () => number;

/** Mulberry32: small, seeded, good enough to choose faults and orders. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const pick = <Item>(items: readonly Item[], random: Random): Item =>
  items[Math.floor(random() * items.length)] as Item;

export interface WorkloadOptions {
  symbols: readonly string[];
  /** Around which limits are placed, in ticks. */
  aroundTicks: number;
  scenarioHash: string;
  seed: number;
}

export class Workload {
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  #count = 0;

  constructor(random: Random, options: WorkloadOptions) {
    this.#random = random;
    this.#options = options;
  }

  start(address: SimulatorAddress, nowMs: number): Command {
    const { scenarioHash, seed } = this.#options;
    return this.#command(address, nowMs, {
      type: 'start',
      sessionId: 'session',
      scenarioId: 'scenario',
      scenarioHash,
      seed,
      startingCashMicros: 1e12 as Micros,
      speed: 1,
    });
  }

  next(address: SimulatorAddress, nowMs: number): Command {
    return this.#command(address, nowMs, this.#body());
  }

  /** A new order whose client order id begins with `prefix`. */
  order(address: SimulatorAddress, nowMs: number, prefix: string): Command {
    return this.#command(address, nowMs, this.#order(prefix));
  }

  unhalt(address: SimulatorAddress, nowMs: number): Command {
    return this.#command(address, nowMs, { type: 'unhalt', reason: 'looked at' });
  }

  #command(
    { accountId, simulatorId }: SimulatorAddress,
    nowMs: number,
    body: CommandBody,
  ): Command {
    this.#count += 1;
    return {
      commandId: `c-${this.#count}`,
      simulatorId,
      accountId,
      correlationId: `x-${this.#count}`,
      receivedAt: new Date(nowMs).toISOString(),
      deadlineAt: null,
      body,
    };
  }

  #body(): CommandBody {
    const dice = this.#random();
    const orderId = `${1 + Math.floor(this.#random() * 20)}`;
    if (dice < 0.65) return this.#order('o');
    if (dice < 0.78) return { type: 'cancelOrder', orderId };
    if (dice < 0.86) {
      const limitTicks = this.#limit();
      return { type: 'replaceOrder', orderId, quantityLots: null, limitTicks };
    }
    if (dice < 0.89) return { type: 'cancelAll', symbol: null, side: null };
    if (dice < 0.91) return { type: 'pause' };
    if (dice < 0.95) return { type: 'resume' };
    if (dice < 0.98) return this.#seek();
    return { type: 'speed', speed: pick([0.5, 1, 2, 5], this.#random) };
  }

  #seek(): CommandBody {
    const count = 1 + Math.floor(this.#random() * 20);
    if (this.#random() < 0.3) return { type: 'jumpToOwnEvent', withinSeconds: count };
    return { type: 'step', unit: pick(['event', 'second'], this.#random), count };
  }

  #order(prefix: string): CommandBody {
    const isMarket = this.#random() < 0.3;
    return {
      type: 'newOrder',
      ticket: {
        clientOrderId: `${prefix}-${this.#count}`,
        symbol: pick(this.#options.symbols, this.#random),
        side: this.#random() < 0.5 ? 'buy' : 'sell',
        type: isMarket ? 'market' : 'limit',
        quantityLots: (1 + Math.floor(this.#random() * 50)) as QuantityLots,
        limitTicks: isMarket ? null : this.#limit(),
        timeInForce: isMarket ? 'ioc' : 'gtc',
        postOnly: false,
      },
    };
  }

  #limit(): PriceTicks {
    const { aroundTicks } = this.#options;
    return Math.round(aroundTicks * (0.96 + 0.08 * this.#random())) as PriceTicks;
  }
}
