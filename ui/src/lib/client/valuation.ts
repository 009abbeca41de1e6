/**
 * What positions are worth at the current quotes, in whole micros. The server states cash and cost as
 * of the last record; between records only the marks move, and that part is computed here, by the
 * same rules as `services/platform/views.ts`.
 */
import { moneyMicros, stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { AccountView, PositionView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';

type Grid = Pick<Instrument, 'tickSize' | 'lotSize' | 'tickValueMicros'>;
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
  };
}

export interface Totals {
  equityMicros: bigint;
  dayPnlMicros: bigint;
  exposureMicros: bigint;
  unrealisedMicros: bigint;
  buyingPowerMicros: bigint;
}

/**
 * Equity is cash plus what the positions are worth; day P&L is against the starting cash. What open
 * orders and short positions hold is in `reserved` already; marks do not move buying power.
 */
export function totals(
  account: Pick<AccountView, 'cash' | 'reserved' | 'startingCash'>,
  positions: readonly Valued[],
): Totals {
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
    dayPnlMicros: equityMicros - micros(account.startingCash),
    buyingPowerMicros: buyingPowerMicros < 0n ? 0n : buyingPowerMicros,
  };
}

const absolute = (value: bigint) => (value < 0n ? -value : value);

/** Micros as decimal text with two to six decimals. */
export function microsText(value: bigint): string {
  const digits = absolute(value).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}.${fraction}`;
}
