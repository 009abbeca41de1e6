/**
 * The script of a scenario: what happens by itself at its simulated times. It has no state: what is
 * due after a time follows from the time, so snapshots and another engine's records go on right.
 */
import type { ScriptEvent } from '@sandpit/schemas/script.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { reductionTicks } from '../engine/dividends.ts';
import type { Exchange } from '../engine/exchange.ts';
import type { Market } from '../market/market.ts';

interface Due {
  atNs: number;
  event: ScriptEvent;
}

export class Script {
  /** By time; of two at one time the first in the scenario comes first. */
  readonly #events: readonly Due[];

  constructor(events: readonly ScriptEvent[] = []) {
    this.#events = events
      .map((event) => ({ atNs: event.atSeconds * NS_PER_SECOND, event }))
      .sort((a, b) => a.atNs - b.atNs);
  }

  /** When the next event after `nowNs` is due; Infinity when none is. */
  nextNs(nowNs: number): number {
    for (const { atNs } of this.#events) if (atNs > nowNs) return atNs;
    return Number.POSITIVE_INFINITY;
  }

  /** Carries out what is due at exactly `atNs`. */
  run(atNs: number, exchange: Exchange, market: Market | null): void {
    for (const { atNs: dueNs, event } of this.#events) {
      if (dueNs !== atNs) continue;
      exchange.runScripted(event);
      if (event.type === 'dividend') takeOff(event, exchange, market);
    }
  }
}

/** What has been paid out is not in the price any more. */
function takeOff(
  { symbol, amount }: Extract<ScriptEvent, { type: 'dividend' }>,
  exchange: Exchange,
  market: Market | null,
): void {
  const { index, instrument } = exchange.state.listing(symbol)!;
  market?.moveValue(index, -reductionTicks(amount, instrument));
}
