/**
 * What positions are worth at the current quotes, in whole micros. The server's account figures are
 * as of the last record; between records only the marks move, and that part is computed here.
 */
import { moneyMicros, stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { AccountView, PositionView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';

type Grid = Pick<Instrument, 'tickSize' | 'lotSize' | 'tickValueMicros'>;
type Quote = Pick<QuoteFrame, 'bid' | 'ask' | 'last'>;

/** The mid of bid and ask in half ticks, else the last price; null without a market. */
export function markHalfTicks(quote: Quote, { tickSize }: Grid): number | null {
  const { bid, ask, last } = quote;
  if (bid !== null && ask !== null) {
    const bidTicks = stepsOf(bid, tickSize);
    const askTicks = stepsOf(ask, tickSize);
    if (bidTicks !== null && askTicks !== null) return bidTicks + askTicks;
  }
  const lastTicks = last === null ? null : stepsOf(last, tickSize);
  return lastTicks === null ? null : lastTicks * 2;
}

/** "0.01" -> "0.005". */
export function halfOf(tickSize: string): string {
  const decimals = (tickSize.split('.')[1]?.length ?? 0) + 1;
  const steps = Number(tickSize.replace('.', '')) * 5;
  return textOfSteps(steps, `0.${'1'.padStart(decimals, '0')}`);
}

export const markText = (halfTicks: number, { tickSize }: Grid) =>
  textOfSteps(halfTicks, halfOf(tickSize));

/** Worth of signed `lots`; half a micro is rounded away from zero. */
function worthMicros(halfTicks: number, lots: number, grid: Grid): bigint {
  const double = BigInt(halfTicks) * BigInt(lots) * BigInt(grid.tickValueMicros);
  return (double + (double < 0n ? -1n : 1n)) / 2n;
}

export interface Valued {
  /** Signed. */
  lots: number;
  /** Money paid for it, signed alike. */
  costMicros: bigint;
  markText: string | null;
  worthMicros: bigint;
  unrealisedMicros: bigint;
}

/** Cost from what the wire says exactly: the cost itself, else mark and unrealised, else the average. */
function costOf(position: PositionView, lots: number, grid: Grid): bigint {
  const { cost, mark, unrealised, averagePrice } = position;
  const known = cost === undefined ? null : moneyMicros(cost);
  if (known !== null) return BigInt(known);
  const half = mark === null ? null : stepsOf(mark, halfOf(grid.tickSize));
  const gain = moneyMicros(unrealised);
  if (half !== null && gain !== null) return worthMicros(half, lots, grid) - BigInt(gain);
  return averagePrice === null ? 0n : costFromAverage(averagePrice, lots, grid);
}

/** The average carries two decimals more than the tick, so this is good to a rounding of those. */
function costFromAverage(averagePrice: string, lots: number, grid: Grid): bigint {
  const finest = `${halfOf(grid.tickSize).replace(/\d/g, '0').slice(0, -1)}001`;
  const step = finest.includes('.') ? finest : '0.001';
  const steps = stepsOf(averagePrice, step);
  const perTick = stepsOf(grid.tickSize, step);
  if (steps === null || perTick === null) return 0n;
  return (BigInt(steps) * BigInt(lots) * BigInt(grid.tickValueMicros)) / BigInt(perTick);
}

export function value(position: PositionView, quote: Quote | undefined, grid: Grid): Valued {
  const lots = stepsOf(position.quantity, grid.lotSize) ?? 0;
  const costMicros = costOf(position, lots, grid);
  const half = quote ? markHalfTicks(quote, grid) : null;
  if (half === null)
    return { lots, costMicros, markText: null, worthMicros: costMicros, unrealisedMicros: 0n };
  const worth = worthMicros(half, lots, grid);
  return {
    lots,
    costMicros,
    markText: markText(half, grid),
    worthMicros: worth,
    unrealisedMicros: worth - costMicros,
  };
}

export interface Totals {
  equityMicros: bigint;
  dayPnlMicros: bigint;
  exposureMicros: bigint;
  unrealisedMicros: bigint;
}

/** Cash plus what the positions are worth; day P&L is against the starting cash. */
export function totals(account: AccountView, positions: readonly Valued[]): Totals {
  let equityMicros = BigInt(moneyMicros(account.cash) ?? 0);
  let exposureMicros = 0n;
  let unrealisedMicros = 0n;
  for (const { worthMicros, unrealisedMicros: gain } of positions) {
    equityMicros += worthMicros;
    exposureMicros += worthMicros < 0n ? -worthMicros : worthMicros;
    unrealisedMicros += gain;
  }
  const dayPnlMicros = equityMicros - BigInt(moneyMicros(account.startingCash) ?? 0);
  return { equityMicros, dayPnlMicros, exposureMicros, unrealisedMicros };
}
