/**
 * The desk's notation for tests: `B 7@102 IOC` is "buy 7 lots, limit 102, immediate or cancel",
 * `S 3` is "sell 3 at market". Conditions follow as words:
 *
 *   STOP 105 · MIT 95     wait for that price (with a limit: stop-limit, limit-if-touched)
 *   TRAIL 3 · TRAIL 2%    trailing stop; with OFFSET 1 a trailing stop-limit
 *   BY QUOTE · BY MID     what triggers, instead of the last trade
 *   MTL                   market-to-limit
 *   POST · SLIDE          post-only; SLIDE moves behind the other side instead of being refused
 *   GTD 50                ends at nanosecond 50
 *   REDUCE · MIN 3        reduce-only; trades at least 3 at once
 *   AON                   all or none
 *   PEG MID · OFF -1      pegged to PRIMARY, MID or MARKET, at an offset
 *   SHOW 3 · HIDE         an iceberg that shows 3 lots at a time; a hidden order
 *   MAKER · BOTH · LESS   self-trade prevention: expireMaker, expireBoth, decrement
 */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { OrderInstructions } from '@sandpit/schemas/instructions.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order, OrderTicket, OrderType, TimeInForce } from '@sandpit/schemas/order.ts';
import type { PriceBands } from '@sandpit/schemas/price-bands.ts';
import type { Reopening, TradingSession } from '@sandpit/schemas/session.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import { DEFAULT_TERMS } from '../account-terms.ts';
import { type Book, depthBuffer } from '../book.ts';
import { Exchange } from '../exchange.ts';
import { type BookSide, BUY, FOK, IOC, POST_ONLY, SELL } from '../sides.ts';

const ORDER =
  /^([BS]) (\d+)(?:@(-?\d+))?((?: [A-Z]+(?: -?\d+%?| QUOTE| MID| LAST| PRIMARY| MARKET)?)*)$/;
const WORD = / ([A-Z]+)(?: (-?\d+%?|QUOTE|MID|LAST|PRIMARY|MARKET))?/g;
const TIMES_IN_FORCE = ['IOC', 'FOK', 'GTC', 'GTD', 'DAY', 'OPG', 'CLS'];
const WORDS = [...TIMES_IN_FORCE, 'POST', 'STOP', 'MIT', 'TRAIL', 'OFFSET', 'BY', 'MTL', 'SLIDE'];
const MORE_WORDS = ['PEG', 'OFF', 'AON', 'SHOW', 'HIDE', 'REDUCE', 'MIN', 'MAKER', 'BOTH', 'LESS'];

export interface DeskOrder {
  side: 'buy' | 'sell';
  lots: number;
  /** Null: at market. */
  ticks: number | null;
  /** Words after the price, with what follows them ('' = nothing). */
  words: Map<string, string>;
}

/** @throws when the text is not desk notation. */
export function parse(text: string): DeskOrder {
  const match = ORDER.exec(text);
  const words = new Map([...(match?.[4] ?? '').matchAll(WORD)].map((m) => [m[1], m[2] ?? '']));
  if (!match || [...words.keys()].some((word) => ![...WORDS, ...MORE_WORDS].includes(word))) {
    throw new Error(`"${text}" is not an order in desk notation.`);
  }
  return {
    side: match[1] === 'B' ? 'buy' : 'sell',
    lots: Number(match[2]),
    ticks: match[3] === undefined ? null : Number(match[3]),
    words,
  };
}

let lastClientId = 0;

export function ticket(text: string, symbol = 'ACME'): OrderTicket {
  const { side, lots, ticks, words } = parse(text);
  lastClientId++;
  const timeInForce = TIMES_IN_FORCE.find((word) => words.has(word)) ?? 'GTC';
  const instructions = instructionsOf(words);
  return {
    clientOrderId: `c${lastClientId}`,
    symbol,
    side,
    type: typeOf(words, ticks !== null),
    quantityLots: lots as QuantityLots,
    limitTicks: ticks as PriceTicks | null,
    timeInForce: timeInForce.toLowerCase() as TimeInForce,
    postOnly: words.has('POST') || words.has('SLIDE'),
    ...(instructions && { instructions }),
  };
}

function typeOf(words: Map<string, string>, hasLimit: boolean): OrderType {
  if (words.has('PEG')) return 'pegged';
  if (words.has('MTL')) return 'marketToLimit';
  if (words.has('STOP')) return hasLimit ? 'stopLimit' : 'stop';
  if (words.has('MIT')) return hasLimit ? 'limitIfTouched' : 'marketIfTouched';
  if (words.has('TRAIL')) return words.has('OFFSET') ? 'trailingStopLimit' : 'trailingStop';
  return hasLimit ? 'limit' : 'market';
}

function instructionsOf(words: Map<string, string>): OrderInstructions | null {
  const instructions: Record<string, unknown> = {};
  const stop = words.get('STOP') ?? words.get('MIT');
  if (stop !== undefined) instructions.stopTicks = Number(stop);
  const trail = words.get('TRAIL');
  if (trail?.endsWith('%')) instructions.trailPpm = Number(trail.slice(0, -1)) * 10_000;
  else if (trail !== undefined) instructions.trailTicks = Number(trail);
  if (words.has('OFFSET')) instructions.limitOffsetTicks = Number(words.get('OFFSET'));
  if (words.has('BY')) instructions.triggerReference = words.get('BY')!.toLowerCase();
  if (words.has('GTD')) instructions.expireNs = Number(words.get('GTD'));
  if (words.has('SLIDE')) instructions.postOnlyMode = 'slide';
  if (words.has('REDUCE')) instructions.reduceOnly = true;
  if (words.has('MIN')) instructions.minimumLots = Number(words.get('MIN'));
  if (words.has('PEG')) instructions.pegPriceType = words.get('PEG')!.toLowerCase();
  if (words.has('OFF')) instructions.pegOffsetTicks = Number(words.get('OFF'));
  if (words.has('AON')) instructions.allOrNone = true;
  if (words.has('SHOW')) instructions.displayLots = Number(words.get('SHOW'));
  if (words.has('HIDE')) instructions.displayLots = 0;
  if (words.has('MAKER')) instructions.selfTradePrevention = 'expireMaker';
  if (words.has('BOTH')) instructions.selfTradePrevention = 'expireBoth';
  if (words.has('LESS')) instructions.selfTradePrevention = 'decrement';
  return Object.keys(instructions).length > 0 ? instructions : null;
}

/** One tick on one lot is 1.00; fees of 100 and 200 ppm; collar of 20 %. */
export const ACME: Instrument = {
  symbol: 'ACME',
  name: 'Acme Corporation',
  kind: 'equity',
  currency: 'USD',
  tickSize: '1',
  lotSize: '1',
  tickValueMicros: 1_000_000,
  maxOrderLots: 1_000,
  makerFeePpm: 100,
  takerFeePpm: 200,
  collarPpm: 200_000,
  shortable: true,
};

export const FREE: Partial<Instrument> = { makerFeePpm: 0, takerFeePpm: 0 };

export interface DeskSetup {
  instruments?: Instrument[];
  cash?: number;
  /** Orders of agents, one owner each, in the first instrument: `S 5@101  B 5@99`. */
  book?: string;
  /** Of every instrument; none = it trades day and night. */
  session?: TradingSession | null;
  account?: Partial<AccountTerms>;
  reopening?: Reopening;
  priceBands?: PriceBands;
  openingTicks?: number;
}

/** An exchange with an open account of 100,000.00 and agents' orders in the book. */
export function exchangeWith({
  instruments = [ACME],
  cash = 100_000,
  book = '',
  session,
  account,
  reopening,
  priceBands,
  openingTicks = 100,
}: DeskSetup = {}) {
  const setups = instruments.map((instrument) => ({
    instrument,
    openingTicks,
    session: session ?? null,
    ...(reopening && { reopening }),
    priceBands: priceBands ?? null,
  }));
  const exchange = new Exchange(setups, 'USD');
  exchange.deposit(cash * 1_000_000, { ...DEFAULT_TERMS, ...account });
  let owner = 2;
  for (const text of book.split('  ').filter(Boolean)) agent(exchange, text, owner++);
  return exchange;
}

/** An agent's order in the first instrument: IOC, FOK, POST, SHOW, HIDE. Returns its handle. */
export function agent(exchange: Exchange, text: string, owner = 2): number {
  const { side, lots, ticks, words } = parse(text);
  const flag = (word: string, value: number) => (words.has(word) ? value : 0);
  const flags = flag('IOC', IOC) | flag('FOK', FOK) | flag('POST', POST_ONLY);
  const handle = exchange.submit(0, owner, sideOf(side), ticks ?? 0, lots, flags);
  if (words.has('SHOW')) exchange.conceal(0, handle, Number(words.get('SHOW')));
  if (words.has('HIDE')) exchange.conceal(0, handle, 0);
  exchange.react();
  return handle;
}

export const sideOf = (side: 'buy' | 'sell'): BookSide => (side === 'buy' ? BUY : SELL);

/** The trader's order, as events. */
export function submit(exchange: Exchange, text: string, symbol = 'ACME'): VenueEvent[] {
  const command = { type: 'newOrder', ticket: ticket(text, symbol) } as const;
  return exchange.execute(command, `cmd-${command.ticket.clientOrderId}`, null);
}

/** `5@101 2@102`: the trader's fills in these events. */
export function trades(events: readonly VenueEvent[]): string {
  return events
    .filter((event) => event.type === 'orderFilled')
    .map(({ execution }) => `${execution.quantityLots}@${execution.priceTicks}`)
    .join(' ');
}

/** The kinds of events, in short: `accepted filled position account`. */
export function kinds(events: readonly VenueEvent[]): string {
  return events.map(({ type }) => type.replace(/^order|Changed$/g, '').toLowerCase()).join(' ');
}

/** The order as the last event about it tells. */
export function lastOrder(events: readonly VenueEvent[]): Order {
  const event = events.findLast((event) => 'order' in event);
  if (!event || !('order' in event)) throw new Error('No event tells of an order.');
  return event.order;
}

/**
 * What rests in the first instrument: `S 3@102  B 1@99`, asks best first, then bids best first. An
 * iceberg is `B 3+7@99`: 3 on show, 7 behind; what is hidden is `B (5)@99`, after what is shown.
 */
export function resting(exchange: Exchange): string {
  const { book } = exchange.listings[0];
  return [SELL, BUY]
    .flatMap((side) => prices(book, side as BookSide).map((ticks) => ({ side, ticks })))
    .flatMap(({ side, ticks }) => {
      const letter = side === BUY ? 'B' : 'S';
      const handles = book.handlesAt(ticks).filter((handle) => book.sideOf(handle) === side);
      const shown = handles.map((handle) => {
        const lots = book.shownLotsOf(handle);
        const behind = book.lotsOf(handle) - lots;
        return `${letter} ${lots}${behind > 0 ? `+${behind}` : ''}@${ticks}`;
      });
      const hidden = book.hiddenOf(side as BookSide).filter((each) => each.priceTicks === ticks);
      return [
        ...shown,
        ...hidden.map((each) => `${letter} (${book.lotsOf(each.handle)})@${ticks}`),
      ];
    })
    .join('  ');
}

/** Where anything rests, shown or not; best first. */
function prices(book: Book, side: BookSide): number[] {
  const out = depthBuffer(100);
  const count = book.depth(side, 100, out);
  const hidden = book.hiddenOf(side).map(({ priceTicks }) => priceTicks);
  const all = [...new Set([...out.priceTicks.subarray(0, count), ...hidden])];
  return all.sort((a, b) => (side === BUY ? b - a : a - b));
}

/** What everybody sees: `S 3@102  B 1@99`, one entry for each price. */
export function depth(exchange: Exchange): string {
  const { book } = exchange.listings[0];
  const out = depthBuffer(100);
  return ([SELL, BUY] as const)
    .flatMap((side) => {
      const count = book.depth(side, 100, out);
      const letter = side === BUY ? 'B' : 'S';
      return Array.from(
        { length: count },
        (_, i) => `${letter} ${out.lots[i]}@${out.priceTicks[i]}`,
      );
    })
    .join('  ');
}

/** Lets simulated time pass up to a second; returns what touched the trader. */
export function goTo(exchange: Exchange, second: number): VenueEvent[] {
  while (exchange.nextPhaseNs <= second * 1e9) {
    exchange.setNow(exchange.nextPhaseNs);
    exchange.changePhases();
  }
  exchange.setNow(second * 1e9);
  return exchange.takeEvents();
}

/** Orders of agents, one owner each: `S 5@101  B 5@99`. */
export function crowd(exchange: Exchange, text: string): void {
  text
    .split('  ')
    .filter(Boolean)
    .forEach((each, i) => {
      agent(exchange, each, 10 + i);
    });
}
