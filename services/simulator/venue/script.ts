/**
 * The script of a scenario: what happens by itself at its simulated times. It has no state: what is
 * due after a time follows from the time, so snapshots and another engine's records go on right.
 */
import { FEE_SCHEDULES, type FeeSchedule } from '@sandpit/schemas/fees.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { ScriptEvent, SplitEvent } from '@sandpit/schemas/script.ts';
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
  readonly #schedules: ReadonlyMap<string, FeeSchedule>;

  constructor({ script: events = [], account }: Pick<Scenario, 'script' | 'account'>) {
    const schedules = [...FEE_SCHEDULES, ...(account?.feeSchedules ?? [])];
    this.#schedules = new Map(schedules.map((each) => [each.name, each]));
    this.#events = events
      .flatMap(partsOf)
      .map((event) => ({ atNs: event.atSeconds * NS_PER_SECOND, event }))
      .sort((a, b) => a.atNs - b.atNs);
  }

  /** When the next event after `nowNs` is due; Infinity when none is. */
  nextNs(nowNs: number): number {
    for (const { atNs } of this.#events) if (atNs > nowNs) return atNs;
    return Number.POSITIVE_INFINITY;
  }

  /** Splits due after `afterNs`, up to and including `untilNs`, in order. */
  splits(afterNs: number, untilNs: number): SplitEvent[] {
    return this.#events.flatMap(({ atNs, event }) =>
      event.type === 'split' && atNs > afterNs && atNs <= untilNs ? [event] : [],
    );
  }

  /** Carries out what is due at exactly `atNs`, except for splits, which have been. */
  run(atNs: number, exchange: Exchange, market: Market | null): void {
    for (const each of this.#events) {
      if (each.atNs !== atNs) continue;
      if (each.event.type !== 'feeChange') runOne(each.event, exchange, market);
      else exchange.changeFees(this.#schedules.get(each.event.feeSchedule)!);
    }
  }

  /**
   * Carries out the splits at exactly `atNs`. They come before all else at that time, so that
   * whatever happens in the candle that begins there is on the new scale.
   */
  runSplits(atNs: number, exchange: Exchange, market: Market): void {
    const due = this.splits(atNs - 1, atNs);
    if (due.length === 0) return;
    market.advanceTo(atNs - 1);
    exchange.setNow(atNs);
    for (const event of due) {
      exchange.runScripted(event);
      market.split(exchange.state.listing(event.symbol)!.index, event);
    }
  }

  /** Headlines up to and including `nowNs`, newest first. */
  headlines(nowNs: number): { atNs: number; symbol: string | null; text: string }[] {
    const past = this.#events.filter(({ atNs }) => atNs <= nowNs);
    return past
      .flatMap(({ atNs, event }) =>
        event.type === 'headline' ? [{ atNs, symbol: event.symbol, text: event.text }] : [],
      )
      .reverse();
  }
}

function runOne(
  event: Exclude<ScriptEvent, { type: 'feeChange' }>,
  exchange: Exchange,
  market: Market | null,
): void {
  const { type } = event;
  if (type === 'split') return;
  if (type === 'halt' || type === 'reopen' || type === 'dividend') {
    exchange.runScripted(event);
    if (type === 'dividend') takeOff(event, exchange, market);
    return;
  }
  if (type === 'headline') {
    const { symbol, text } = event;
    exchange.state.emit({ type, symbol, text });
  }
  const instrument = exchange.listings.findIndex(
    (listing) => listing.instrument.symbol === event.symbol,
  );
  if (instrument >= 0 && type !== 'flashCrash' && type !== 'shortSqueeze') {
    market?.runScripted(instrument, event);
  }
}

/** How far each part of a crash or a squeeze reaches. */
const REACH_BPS = 300;
const DROUGHT_TIMES = 10;

/** A crash or a squeeze in the events that it is made of; any other event as it is. */
function partsOf(event: ScriptEvent): ScriptEvent[] {
  if (event.type !== 'flashCrash' && event.type !== 'shortSqueeze') return [event];
  const { atSeconds, symbol, seconds, quantityLots } = event;
  const isCrash = event.type === 'flashCrash';
  const first: ScriptEvent = isCrash
    ? { type: 'makerWithdrawal', atSeconds, symbol, seconds }
    : { type: 'liquidityDrought', atSeconds, symbol, seconds, times: DROUGHT_TIMES };
  const sweeps = Array.from({ length: seconds }, (_, i): ScriptEvent => {
    const lots =
      Math.floor(((i + 1) * quantityLots) / seconds) - Math.floor((i * quantityLots) / seconds);
    const side = isCrash ? 'sell' : 'buy';
    const sweep = { type: 'fatFinger' as const, symbol, side: side as 'sell' | 'buy' };
    return { ...sweep, atSeconds: atSeconds + i, quantityLots: lots, reachBps: REACH_BPS };
  });
  return [first, ...sweeps.filter((sweep) => 'quantityLots' in sweep && sweep.quantityLots > 0)];
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
