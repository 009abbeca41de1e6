/**
 * What positions are worth at the current quotes, in whole micros. The server states cash and cost as
 * of the last record; between records only the marks move, and that part is computed here, by the
 * same rules as `services/platform/views.ts`.
 */
import { moneyMicros, stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { AccountView, PositionView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import {
  buyingPowerMicros as buyingPowerOf,
  marginRatesOf,
  type Requirement,
  requirementOf,
} from '@sandpit/schemas/margin.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { Side } from '@sandpit/schemas/order.ts';

type Grid = Pick<Instrument, 'tickSize' | 'lotSize' | 'tickValueMicros' | 'margin'>;
type Quote = Pick<QuoteFrame, 'bid' | 'ask' | 'last'>;

/** The mid in half ticks, else the last price, else the one side there is; null without any. */
export function markHalfTicks({ bid, ask, last }: Quote, { tickSize }: Grid): number | null {
  const ticks = (text: string | null) => (text === null ? null : stepsOf(text, tickSize));
  const bidTicks = ticks(bid);
  const askTicks = ticks(ask);
  if (bidTicks !== null && askTicks !== null) return bidTicks + askTicks;
  const price = ticks(last) ?? bidTicks ?? askTicks;
  return price === null ? null : 2 * price;
}

/** Half ticks as price text; a mid between two ticks shows one decimal more. */
export function markText(halfTicks: number, { tickSize }: Grid): string {
  if (halfTicks % 2 === 0) return textOfSteps(halfTicks / 2, tickSize);
  return textOfSteps(halfTicks * 5, tenthOf(tickSize));
}

/** A tenth of a decimal step: "0.25" -> "0.025", "5" -> "0.5". */
function tenthOf(step: string): string {
  const [whole = '0', fraction = ''] = step.split('.');
  const digits = `${whole}${fraction}`.padStart(fraction.length + 2, '0');
  const point = digits.length - fraction.length - 1;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Worth of signed `lots`; half a micro is rounded away from zero. */
function worthMicros(halfTicks: number, lots: number, { tickValueMicros }: Grid): bigint {
  const doubled = BigInt(halfTicks) * BigInt(lots) * BigInt(tickValueMicros);
  return (doubled + (doubled < 0n ? -1n : 1n)) / 2n;
}

const micros = (text: string) => BigInt(moneyMicros(text) ?? 0);

export interface Valued {
  /** Signed. */
  lots: number;
  /** Money paid for it, signed alike. */
  costMicros: bigint;
  /** Price it is valued at; null = at cost, there is no market. */
  mark: string | null;
  worthMicros: bigint;
  unrealisedMicros: bigint;
  /** What it asks for on margin. */
  asked: Requirement;
}

export function valuePosition(
  { quantity, cost }: Pick<PositionView, 'quantity' | 'cost'>,
  quote: Quote | undefined,
  grid: Grid,
): Valued {
  const lots = stepsOf(quantity, grid.lotSize) ?? 0;
  const costMicros = micros(cost);
  const half = quote ? markHalfTicks(quote, grid) : null;
  const worth = half === null ? costMicros : worthMicros(half, lots, grid);
  return {
    lots,
    costMicros,
    mark: half === null ? null : markText(half, grid),
    worthMicros: worth,
    unrealisedMicros: worth - costMicros,
    asked: requirementOf(Number(worth), marginRatesOf(grid)),
  };
}

export interface Totals {
  equityMicros: bigint;
  dayPnlMicros: bigint;
  exposureMicros: bigint;
  unrealisedMicros: bigint;
  buyingPowerMicros: bigint;
  /** Null: not an account on margin. */
  margin: MarginTotals | null;
}

/** Formulas in `margin.ts` of the schemas. */
export interface MarginTotals {
  initialMicros: bigint;
  maintenanceMicros: bigint;
  availableMicros: bigint;
  excessMicros: bigint;
  /** Exposure by equity; null without equity. */
  leverage: number | null;
}

/**
 * Equity is cash plus what the positions are worth; day P&L is against equity at the last midnight of
 * simulated time, on the first day against the starting cash. What open
 * orders and short positions hold is in `reserved` already; marks move buying power on margin only.
 */
export function totals(
  account: Pick<AccountView, 'cash' | 'reserved' | 'startingCash' | 'dayOpenEquity' | 'type'>,
  positions: readonly Valued[],
): Totals {
  const margin = account.type === 'margin' ? marginTotals(account, positions) : null;
  const cash = micros(account.cash);
  let equityMicros = cash;
  let exposureMicros = 0n;
  let unrealisedMicros = 0n;
  const buyingPowerMicros = cash - micros(account.reserved);
  for (const position of positions) {
    equityMicros += position.worthMicros;
    exposureMicros += absolute(position.worthMicros);
    unrealisedMicros += position.unrealisedMicros;
  }
  return {
    equityMicros,
    exposureMicros,
    unrealisedMicros,
    dayPnlMicros: equityMicros - micros(account.dayOpenEquity ?? account.startingCash),
    buyingPowerMicros: margin
      ? BigInt(buyingPowerOf(Number(margin.availableMicros)))
      : positive(buyingPowerMicros),
    margin,
  };
}

function marginTotals(
  account: Pick<AccountView, 'cash' | 'reserved'>,
  positions: readonly Valued[],
): MarginTotals {
  let equity = micros(account.cash);
  let exposure = 0n;
  let initialMicros = 0n;
  let maintenanceMicros = 0n;
  for (const { worthMicros: worth, asked } of positions) {
    equity += worth;
    exposure += absolute(worth);
    initialMicros += BigInt(asked.initialMicros);
    maintenanceMicros += BigInt(asked.maintenanceMicros);
  }
  return {
    initialMicros,
    maintenanceMicros,
    availableMicros: equity - initialMicros - micros(account.reserved),
    excessMicros: equity - maintenanceMicros,
    leverage: equity > 0n ? Number(exposure) / Number(equity) : null,
  };
}

/**
 * What of an instrument can be opened on a side, at its price: on margin what the available funds
 * carry at its own initial rate, else the buying power.
 */
export function openingPowerMicros(
  { margin, buyingPowerMicros }: Totals,
  instrument: Pick<Instrument, 'margin'>,
  side: Side,
): bigint {
  if (margin === null) return buyingPowerMicros;
  const { longInitialPpm, shortInitialPpm } = marginRatesOf(instrument);
  const ppm = side === 'buy' ? longInitialPpm : shortInitialPpm;
  return (positive(margin.availableMicros) * 1_000_000n) / BigInt(Math.max(1, ppm));
}

const positive = (value: bigint) => (value < 0n ? 0n : value);

/** Of amounts of money, absent ones left out. */
export const sumOf = (...amounts: (string | undefined)[]): string =>
  microsText(amounts.reduce((sum, amount) => sum + micros(amount ?? '0'), 0n));

const absolute = (value: bigint) => (value < 0n ? -value : value);

/** Micros as decimal text with two to six decimals. */
export function microsText(value: bigint): string {
  const digits = absolute(value).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}.${fraction}`;
}
