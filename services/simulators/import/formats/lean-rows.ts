/**
 * Rows of LEAN's US equity tick files: comma-separated, no header, whole numbers, prices × 10000,
 * time in ms since midnight in New York.
 *
 * trade: time, price, size, exchange, conditions, suspicious
 * quote: time, bid price, bid size, ask price, ask size, exchange, conditions, suspicious
 *
 * Source: QuantConnect LEAN, `Data/equity/readme.md` and `Common/Data/Market/Tick.cs`.
 */
const MS_PER_DAY = 86_400_000;
const WHOLE = /^\d{1,15}$/;
const FLAGS = /^[0-9A-Fa-f]{0,8}$/;
const EXCHANGE = /^[A-Za-z]{0,4}$/;
const TRADE_COLUMNS = 6;
const QUOTE_COLUMNS = 8;

export type LeanKind = 'trade' | 'quote';

export interface LeanTrade {
  timeMs: number;
  /** × 10000. */
  price: number;
  size: number;
  conditions: number;
  isSuspicious: boolean;
}

export interface LeanQuote {
  timeMs: number;
  /** × 10000; 0 = this row does not change the bid. */
  bidPrice: number;
  bidSize: number;
  askPrice: number;
  askSize: number;
  isSuspicious: boolean;
}

/** What kind of file these first lines belong to; null when to none of the two. */
export function leanKindOf(lines: readonly string[]): LeanKind | null {
  for (const line of lines) {
    const fields = line.split(',');
    if (fields.length === TRADE_COLUMNS && typeof parseTrade(fields) !== 'string') return 'trade';
    if (fields.length === QUOTE_COLUMNS && typeof parseQuote(fields) !== 'string') return 'quote';
  }
  return null;
}

/** The row, or the reason why it is none. */
export function parseTrade(fields: readonly string[]): LeanTrade | string {
  if (fields.length !== TRADE_COLUMNS) return `${fields.length} columns instead of 6`;
  const [time, price, size, exchange, conditions, suspicious] = fields as string[];
  const fault = commonFault(time!, exchange!, conditions!, suspicious!);
  if (fault) return fault;
  if (!WHOLE.test(price!) || Number(price) === 0) return 'the price is not a whole number above 0';
  if (!WHOLE.test(size!) || Number(size) === 0) return 'the size is not a whole number above 0';
  return {
    timeMs: Number(time),
    price: Number(price),
    size: Number(size),
    conditions: conditions === '' ? 0 : Number.parseInt(conditions!, 16),
    isSuspicious: suspicious === '1',
  };
}

/** The row, or the reason why it is none. */
export function parseQuote(fields: readonly string[]): LeanQuote | string {
  if (fields.length !== QUOTE_COLUMNS) return `${fields.length} columns instead of 8`;
  const [time, bidPrice, bidSize, askPrice, askSize, exchange, conditions, suspicious] =
    fields as string[];
  const fault = commonFault(time!, exchange!, conditions!, suspicious!);
  if (fault) return fault;
  const numbers = [bidPrice, bidSize, askPrice, askSize];
  if (!numbers.every((text) => WHOLE.test(text!))) return 'a price or size is no whole number';
  const quote = {
    timeMs: Number(time),
    bidPrice: Number(bidPrice),
    bidSize: Number(bidSize),
    askPrice: Number(askPrice),
    askSize: Number(askSize),
    isSuspicious: suspicious === '1',
  };
  if (quote.bidPrice === 0 && quote.askPrice === 0) return 'it has neither a bid nor an ask';
  return quote;
}

function commonFault(
  time: string,
  exchange: string,
  conditions: string,
  suspicious: string,
): string | null {
  if (!WHOLE.test(time) || Number(time) >= MS_PER_DAY) return 'the time is not within a day';
  if (!EXCHANGE.test(exchange)) return 'the exchange is no code of letters';
  if (!FLAGS.test(conditions)) return 'the conditions are not hexadecimal flags';
  if (suspicious !== '0' && suspicious !== '1') return 'the suspicious flag is neither 0 nor 1';
  return null;
}
