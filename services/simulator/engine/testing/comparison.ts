/** The engine and the reference side by side, step by step, and what they say and hold as text. */

import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { NO_LIMITS, UNSAID_RISK_TIER } from '@sandpit/schemas/risk.ts';
import { DEFAULT_TERMS } from '../account-terms.ts';
import { Exchange } from '../exchange.ts';
import { restoreInto, snapshotOf } from '../exchange-snapshot.ts';
import { TRADER } from '../sides.ts';
import { engineStands, referenceStands } from './comparison-stands.ts';
import { eventText } from './comparison-text.ts';
import { parse, sideOf, ticket } from './desk.ts';
import { ReferenceAccount } from './reference-account.ts';
import { ReferenceBands } from './reference-bands.ts';
import { ReferenceRate } from './reference-limits.ts';
import type { NewList } from './reference-lists.ts';
import { ReferenceMargin } from './reference-margin.ts';
import { type Step, stepText } from './steps.ts';
import { ALWAYS_OPEN, CASH_MICROS, INSTRUMENTS, OPENING_TICKS, type World } from './worlds.ts';

export interface Difference {
  step: number;
  text: string;
  engine: string[];
  reference: string[];
}

export class Comparison {
  readonly #world: World;
  readonly #onTold: (line: string) => void;
  #engine: Exchange;
  readonly #reference: ReferenceMargin;
  /** Handle of an agent's order in the engine by its id in the reference, and back. */
  #handles = INSTRUMENTS.map(() => new Map<number, number>());
  #ids = INSTRUMENTS.map(() => new Map<number, number>());
  #trades: string[] = [];
  #lastClientId = 'none';
  #now = 0;

  constructor(world: World, onTold: (line: string) => void) {
    const { setups, account, limits, cashMicros = CASH_MICROS } = world;
    this.#world = world;
    this.#onTold = onTold;
    this.#engine = newExchange(world);
    this.#reference = new ReferenceMargin(
      setups.map(({ instrument }) => instrument),
      OPENING_TICKS,
      cashMicros,
      new ReferenceAccount({ ...DEFAULT_TERMS, ...account }),
      new ReferenceRate({ ...NO_LIMITS, ...limits }),
    );
    this.#reference.listings.forEach((listing, i) => {
      const { session, reopening, priceBands } = setups[i];
      if (session) Object.assign(listing, { session, reopening });
      if (priceBands) listing.bands = new ReferenceBands(priceBands, OPENING_TICKS);
    });
    this.#reference.begin();
    this.#listen();
  }

  /** @returns  What differs after the step, or null. An exception of the engine's differs, too. */
  apply(step: Step): { engine: string[]; reference: string[] } | null {
    this.#now += step.by === 'time' ? step.seconds * 1_000_000_000 : 1;
    this.#reference.said = [];
    this.#reference.traded = [];
    this.#trades = [];
    let events: VenueEvent[];
    try {
      this.#reference.passTo(this.#now);
      this.#passTo(this.#now);
      // Taken at once, as a venue does: a restart would lose them.
      events = this.#engine.takeEvents();
      events.push(...this.#run(step));
    } catch (error) {
      return { engine: [`throws: ${(error as Error).message}`], reference: this.#reference.said };
    }
    const told = events.flatMap(eventText);
    told.forEach(this.#onTold);
    return (
      difference(this.#trades, this.#reference.traded) ??
      difference(told, this.#reference.said) ??
      difference(engineStands(this.#engine, this.#ids), referenceStands(this.#reference))
    );
  }

  #passTo(ns: number): void {
    for (;;) {
      const { nextPhaseNs, nextExpiryNs, nextWatchNs } = this.#engine;
      const nextNs = Math.min(nextPhaseNs, nextExpiryNs, nextWatchNs);
      if (nextNs > ns) break;
      this.#engine.setNow(nextNs);
      if (nextPhaseNs === nextNs) this.#engine.changePhases();
      if (nextExpiryNs === nextNs) this.#engine.expireTimedOrders();
      if (nextWatchNs === nextNs) this.#engine.watchMargin();
    }
    this.#engine.setNow(ns);
  }

  #run(step: Step): VenueEvent[] {
    const engine = this.#engine;
    const reference = this.#reference;
    const execute = (command: unknown) => engine.execute(command as never, `cmd${this.#now}`, null);
    switch (step.by) {
      case 'agent':
        this.#agent(step);
        break;
      case 'agentCancel':
        this.#agentCancel(step);
        break;
      case 'trader': {
        const order = ticket(step.order, step.symbol);
        if (step.repeatsClientId) order.clientOrderId = this.#lastClientId;
        this.#lastClientId = order.clientOrderId;
        reference.newOrder(structuredClone(order));
        reference.react();
        return execute({ type: 'newOrder', ticket: order });
      }
      case 'cancel': {
        const number = this.#pick(step.pick);
        reference.cancel(number);
        reference.react();
        return execute({ type: 'cancelOrder', orderId: String(number) });
      }
      case 'replace': {
        const { lots: quantityLots, ticks: limitTicks } = step;
        const { stopTicks, displayLots, minimumLots } = step;
        const number = this.#pick(step.pick);
        const values = [quantityLots, limitTicks, stopTicks, displayLots, minimumLots] as const;
        reference.replace(number, ...values);
        reference.react();
        const orderId = String(number);
        const changes = { quantityLots, limitTicks, stopTicks, displayLots, minimumLots };
        return execute({ type: 'replaceOrder', orderId, ...changes });
      }
      case 'cancelAll': {
        const { symbol, side } = step;
        reference.cancelAll(symbol, side);
        reference.react();
        return execute({ type: 'cancelAll', symbol, side });
      }
      case 'list': {
        const tickets = step.orders.map((order) => ticket(order, step.symbol));
        const list = { clientListId: `l${this.#now}`, contingency: step.kind, tickets };
        const command = { type: 'newOrderList', ...list } as NewList;
        reference.newList(structuredClone(command));
        reference.react();
        return execute(command);
      }
      case 'cancelList': {
        const ids = [...new Set(reference.open().flatMap(({ list }) => list?.id ?? []))];
        const id = ids[step.pick] ?? step.pick;
        reference.cancelList(id);
        reference.react();
        return execute({ type: 'cancelList', listId: String(id) });
      }
      case 'close': {
        const { symbol, reverse } = step;
        const clientOrderId = `close${this.#now}`;
        reference.closePosition(symbol, clientOrderId, reverse);
        reference.react();
        return execute({ type: 'closePosition', symbol, clientOrderId, reverse });
      }
      case 'halt': {
        const { symbol, seconds } = step;
        reference.haltInstrument(symbol, 'regulatory', seconds);
        reference.react();
        return execute({ type: 'haltInstrument', symbol, reason: 'regulatory', seconds });
      }
      case 'reopen': {
        reference.reopenInstrument(step.symbol);
        reference.react();
        return execute({ type: 'reopenInstrument', symbol: step.symbol });
      }
      case 'split': {
        const { symbol, newUnits, oldUnits } = step;
        const { referenceTicks } = engine.state.listing(symbol)!;
        const ticks = (referenceTicks * oldUnits) / newUnits;
        // Whatever steps were left out before: a price that both can live with.
        if (ticks < 40 || ticks > 250) break;
        reference.split(symbol, newUnits, oldUnits);
        reference.react();
        engine.runScripted({ type: 'split', atSeconds: 900, symbol, newUnits, oldUnits });
        break;
      }
      case 'dividend': {
        const { symbol, amount } = step;
        reference.payDividend(symbol, amount);
        reference.react();
        engine.runScripted({ type: 'dividend', atSeconds: 900, symbol, amount });
        break;
      }
      case 'midnight':
        reference.midnight(step.settles);
        engine.expireDayOrders(this.#now, step.settles);
        break;
      case 'restart':
        this.#restart();
    }
    return this.#engine.takeEvents();
  }

  #agent({ symbol, order, owner, flags }: Extract<Step, { by: 'agent' }>): void {
    const index = indexOf(symbol);
    const { side, lots, ticks, words } = parse(order);
    const shown = Number(words.get('SHOW') ?? 0);
    const part = words.has('SHOW') || words.has('HIDE') ? shown : null;
    const args = [index, owner, sideOf(side), ticks ?? 0, lots, flags] as const;
    const id = this.#reference.agentSubmit(...args, part);
    this.#reference.react();
    const handle = this.#engine.submit(...args);
    if (part !== null) this.#engine.conceal(index, handle, part);
    this.#engine.react();
    if (handle === 0) return;
    this.#handles[index].set(id, handle);
    this.#ids[index].set(handle, id);
  }

  #agentCancel({ symbol, pick }: Extract<Step, { by: 'agentCancel' }>): void {
    const index = indexOf(symbol);
    const listing = this.#reference.listings[index];
    const { book } = listing;
    const waiting = listing.waiting.filter(({ kind }) => kind === 'rest');
    const agents = [...book.orders, ...waiting].filter(({ owner }) => owner !== TRADER);
    const order = agents[pick % (agents.length + 1)];
    // Past the end of the list: one that is long gone, or never was.
    const id = order?.id ?? pick;
    const handle = this.#handles[index].get(id) ?? 0;
    const expected =
      handle === 0 ? 0 : (waiting.find((each) => each.id === id)?.lots ?? book.cancel(id));
    if (handle !== 0) listing.waiting = listing.waiting.filter((each) => each.id !== id);
    this.#reference.traded.push(`took out ${expected}`);
    this.#reference.react();
    this.#trades.push(`took out ${this.#engine.cancel(index, handle)}`);
    this.#engine.react();
  }

  /** An open order, or past the last of them one that is done or never was. */
  #pick(pick: number): number {
    return this.#reference.open()[pick]?.number ?? pick;
  }

  /** The engine goes on from its snapshot, as after a takeover. */
  #restart(): void {
    const { plain, books } = snapshotOf(this.#engine.state);
    const before = JSON.stringify(plain);
    this.#engine = newExchange(this.#world);
    restoreInto(this.#engine.state, JSON.parse(before), books);
    this.#listen();
    if (JSON.stringify(snapshotOf(this.#engine.state).plain) !== before) {
      this.#trades.push('restored to another state');
    }
  }

  #listen(): void {
    this.#engine.listen({
      onTrade: (_instrument, maker, _leaves, taker, _side, priceTicks, lots) => {
        this.#trades.push(`trade ${lots}@${priceTicks} maker ${maker} taker ${taker}`);
      },
      onAuctionFill: (_instrument, owner, leaves, lots) =>
        this.#trades.push(`auction fill of ${owner}: ${lots}, left ${leaves}`),
      onUncross: (_instrument, side, ticks, lots) =>
        this.#trades.push(`auction ${lots}@${ticks} ${side}`),
    });
  }
}

/** The first difference over a whole sequence, or null. */
export function firstDifference(
  steps: readonly Step[],
  world: World = { setups: ALWAYS_OPEN },
  onTold: (line: string) => void = () => undefined,
): Difference | null {
  const comparison = new Comparison(world, onTold);
  for (const [step, each] of steps.entries()) {
    const found = comparison.apply(each);
    if (found) return { step, text: stepText(each), ...found };
  }
  return null;
}

function newExchange({ setups, account, limits, cashMicros = CASH_MICROS }: World): Exchange {
  const exchange = new Exchange(setups, 'USD');
  exchange.deposit(cashMicros, { ...DEFAULT_TERMS, ...account });
  exchange.startWatching();
  if (limits) {
    const own = { ...NO_LIMITS, ...limits };
    exchange.state.setRisk({ tier: UNSAID_RISK_TIER, own, killSwitches: [] });
  }
  return exchange;
}

const indexOf = (symbol: string): number =>
  INSTRUMENTS.findIndex((instrument) => instrument.symbol === symbol);

function difference(engine: string[], reference: string[]) {
  const isSame =
    engine.length === reference.length && engine.every((line, i) => line === reference[i]);
  return isSame ? null : { engine, reference };
}
