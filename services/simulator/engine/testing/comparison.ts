/** The engine and the reference side by side, step by step, and what they say and hold as text. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { type BookSide, BUY, depthBuffer, SELL, TRADER } from '../book.ts';
import { Exchange } from '../exchange.ts';
import { restoreInto, snapshotOf } from '../exchange-snapshot.ts';
import type { Listing } from '../listing.ts';
import { ACME, parse, sideOf, ticket } from './desk.ts';
import { ReferenceExchange } from './reference-exchange.ts';
import type { NewList } from './reference-lists.ts';
import { type Step, stepText } from './steps.ts';

const INSTRUMENTS = [
  { ...ACME, tickValueMicros: 333_333, maxOrderLots: 1_000 },
  { ...ACME, symbol: 'NOSHORT', shortable: false, makerFeePpm: -50 },
];
const OPENING_TICKS = 100;
const CASH_MICROS = 12_000_000_000;
const LEVELS = 400;

export interface Difference {
  step: number;
  text: string;
  engine: string[];
  reference: string[];
}

export class Comparison {
  #engine = newExchange();
  readonly #reference = new ReferenceExchange(INSTRUMENTS, OPENING_TICKS, CASH_MICROS);
  /** Handle of an agent's order in the engine by its id in the reference, and back. */
  #handles = INSTRUMENTS.map(() => new Map<number, number>());
  #ids = INSTRUMENTS.map(() => new Map<number, number>());
  readonly #depth = depthBuffer(LEVELS);
  #trades: string[] = [];
  #lastClientId = 'none';
  #now = 0;

  constructor() {
    this.#listen();
  }

  /** @returns  What differs after the step, or null. An exception of the engine's differs, too. */
  apply(step: Step): { engine: string[]; reference: string[] } | null {
    this.#now++;
    this.#engine.setNow(this.#now);
    this.#reference.nowNs = this.#now;
    this.#reference.said = [];
    this.#reference.traded = [];
    this.#trades = [];
    let events: VenueEvent[];
    this.#reference.expireTimedOrders();
    try {
      if (this.#engine.nextExpiryNs <= this.#now) this.#engine.expireTimedOrders();
      // Taken at once, as a venue does: a restart would lose them.
      events = this.#engine.takeEvents();
      events.push(...this.#run(step));
    } catch (error) {
      return { engine: [`throws: ${(error as Error).message}`], reference: this.#reference.said };
    }
    return (
      difference(this.#trades, this.#reference.traded) ??
      difference(events.flatMap(eventText), this.#reference.said) ??
      difference(this.#engineStands(), this.#referenceStands())
    );
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
        const { lots: quantityLots, ticks: limitTicks, stopTicks, displayLots } = step;
        const number = this.#pick(step.pick);
        reference.replace(number, quantityLots, limitTicks, stopTicks, displayLots);
        reference.react();
        const orderId = String(number);
        const changes = { quantityLots, limitTicks, stopTicks, displayLots };
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
      case 'midnight':
        reference.expireDayOrders(this.#now);
        engine.expireDayOrders(this.#now);
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
    const { book } = this.#reference.listings[index];
    const agents = book.orders.filter(({ owner }) => owner !== TRADER);
    const order = agents[pick % (agents.length + 1)];
    // Past the end of the list: one that is long gone, or never was.
    const id = order?.id ?? pick;
    const handle = this.#handles[index].get(id) ?? 0;
    const expected = handle === 0 ? 0 : book.cancel(id);
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
    this.#engine = newExchange();
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
      onAuctionFill: (_instrument, owner) => this.#trades.push(`auction fill of ${owner}`),
      onUncross: (_instrument, _side, ticks, lots) => this.#trades.push(`auction ${lots}@${ticks}`),
    });
  }

  #engineStands(): string[] {
    const { listings, blotter, cashMicros } = this.#engine.state;
    return [
      `cash ${cashMicros} held ${listings.reduce((sum, each) => sum + each.reservedMicros, 0)}`,
      ...listings.map(({ instrument, position: { lots, costMicros, ...rest } }) =>
        positionText(instrument.symbol, lots, costMicros, rest),
      ),
      ...blotter.open().map((order) => orderText(order, triggerOf(listings, order))),
      ...listings.flatMap((_, index) => this.#engineBook(index)),
    ];
  }

  #engineBook(index: number): string[] {
    const { book, resting } = this.#engine.listings[index];
    const lines: string[] = [];
    const who = (handle: number): string => {
      const own = resting.get(handle);
      return own ? `#${own.orderId}` : `a${this.#ids[index].get(handle)}`;
    };
    for (const side of [SELL, BUY] as const) {
      const count = book.depth(side, LEVELS, this.#depth);
      for (let level = 0; level < count; level++) {
        const ticks = this.#depth.priceTicks[level];
        let sum = 0;
        for (const handle of book.handlesAt(ticks)) {
          const lots = book.shownLotsOf(handle);
          const behind = book.lotsOf(handle) - lots;
          sum += lots;
          lines.push(bookText(side, lots, ticks, who(handle)) + behindText(behind));
        }
        if (sum !== this.#depth.lots[level]) lines.push(`level ${ticks} claims another sum`);
      }
      for (const { handle, priceTicks } of book.hiddenOf(side)) {
        lines.push(`hidden ${bookText(side, book.lotsOf(handle), priceTicks, who(handle))}`);
      }
    }
    return lines;
  }

  #referenceStands(): string[] {
    const { listings, cashMicros } = this.#reference;
    const open = this.#reference.open();
    return [
      `cash ${cashMicros} held ${this.#reference.heldMicros()}`,
      ...listings.map(({ instrument, position: { lots, costMicros, ...rest } }) =>
        positionText(instrument.symbol, lots, costMicros, rest),
      ),
      ...open.map((order) =>
        orderText(
          {
            ...order.ticket,
            ...order,
            orderId: String(order.number),
            leavesLots: order.quantityLots - order.filledLots,
          },
          order.wait?.triggerTicks,
        ),
      ),
      ...listings.flatMap(({ book }) =>
        ([SELL, BUY] as const).flatMap((side) => {
          const [hidden, shown] = [true, false].map((which) =>
            book
              .queue(side)
              .filter(({ isHidden }) => isHidden === which)
              .map(({ id, owner, priceTicks, lots, behind }) => {
                const own = owner === TRADER && open.find(({ bookId }) => bookId === id);
                const who = own ? `#${own.number}` : `a${id}`;
                return bookText(side, lots, priceTicks, who) + behindText(behind);
              }),
          );
          return [...shown, ...hidden.map((line) => `hidden ${line}`)];
        }),
      ),
    ];
  }
}

/** The first difference over a whole sequence, or null. */
export function firstDifference(steps: readonly Step[]): Difference | null {
  const comparison = new Comparison();
  for (const [step, each] of steps.entries()) {
    const found = comparison.apply(each);
    if (found) return { step, text: stepText(each), ...found };
  }
  return null;
}

function newExchange(): Exchange {
  const setups = INSTRUMENTS.map((instrument) => ({ instrument, openingTicks: OPENING_TICKS }));
  const exchange = new Exchange(setups, 'USD');
  exchange.deposit(CASH_MICROS);
  return exchange;
}

const indexOf = (symbol: string): number =>
  INSTRUMENTS.findIndex((instrument) => instrument.symbol === symbol);

function difference(engine: string[], reference: string[]) {
  const isSame =
    engine.length === reference.length && engine.every((line, i) => line === reference[i]);
  return isSame ? null : { engine, reference };
}

const bookText = (side: BookSide, lots: number, ticks: number, who: string): string =>
  `${side === BUY ? 'B' : 'S'} ${lots}@${ticks} ${who}`;

const behindText = (lots: number): string => (lots > 0 ? ` and ${lots} behind` : '');

const positionText = (
  symbol: string,
  lots: number,
  cost: number | bigint,
  rest: { realisedMicros: number | bigint; feesMicros: number | bigint },
): string => `${symbol} ${lots} cost ${cost} gain ${rest.realisedMicros} fees ${rest.feesMicros}`;

type OrderShown = Pick<Order, 'orderId' | 'side' | 'leavesLots' | 'status'> & {
  quantityLots: number;
  limitTicks: number | null;
  notionalMicros: number | bigint;
  feesMicros: number | bigint;
};

/** Undefined unless the order still waits for its trigger. */
const triggerOf = (listings: readonly Listing[], { orderId }: Order): number | undefined =>
  listings.map(({ waiting }) => waiting.get(orderId)).find(Boolean)?.progress?.triggerTicks ??
  undefined;

function orderText(order: OrderShown, waitsFor?: number): string {
  const { orderId, side, leavesLots, quantityLots, limitTicks, status } = order;
  const letter = side === 'buy' ? 'B' : 'S';
  const money = `${order.notionalMicros} fees ${order.feesMicros}`;
  const wait = waitsFor === undefined ? '' : ` waits for ${waitsFor}`;
  return `#${orderId} ${letter} ${leavesLots}/${quantityLots}@${limitTicks} ${status} ${money}${wait}`;
}

/** Positions and money are compared as they stand, so their events need no line. */
function eventText(event: VenueEvent): string[] {
  switch (event.type) {
    case 'orderAccepted':
      return [`accepted #${event.order.orderId}`];
    case 'orderRejected':
      return [`rejected #${event.order.orderId} ${event.reason}`];
    case 'commandRefused':
      return [`refused ${event.reason} #${event.orderId}`];
    case 'orderTriggered':
      return [`triggered #${event.order.orderId}`];
    case 'orderReplaced':
      return [`replaced #${event.order.orderId}`];
    case 'orderFilled': {
      const { orderId, quantityLots, priceTicks, liquidity, feeMicros, realisedMicros } =
        event.execution;
      const { status } = event.order;
      return [
        `${status} #${orderId} ${quantityLots}@${priceTicks} ${liquidity} fee ${feeMicros} gain ${realisedMicros}`,
      ];
    }
    case 'orderCanceled':
    case 'orderExpired':
      return [`${event.order.status} #${event.order.orderId} ${event.order.rejectReason}`];
    case 'positionChanged':
    case 'accountChanged':
      return [];
    default:
      return [event.type];
  }
}
