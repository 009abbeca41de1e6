/** Decimal text for people. Never through a float: what the venue said is what is shown. */

const MINUS = '−';

/** "1234567.50" -> "1,234,567.50"; a minus becomes a real minus sign. */
export function grouped(decimal: string): string {
  const negative = decimal.startsWith('-');
  const [whole = '', fraction] = (negative ? decimal.slice(1) : decimal).split('.');
  const text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',') + (fraction ? `.${fraction}` : '');
  return negative ? MINUS + text : text;
}

/** As `grouped`, with a plus for gains, so that colour is never the only sign. */
export function signed(decimal: string): string {
  const isZero = !/[1-9]/.test(decimal);
  return isZero || decimal.startsWith('-') ? grouped(decimal) : `+${grouped(decimal)}`;
}

/** Cuts or pads to `decimals`, half away from zero, exactly. */
export function rounded(decimal: string, decimals: number): string {
  const negative = decimal.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? decimal.slice(1) : decimal).split('.');
  const kept = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  const digits = (Number(fraction[decimals] ?? '0') >= 5 ? kept + 1n : kept)
    .toString()
    .padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  const text = digits.slice(0, split) + (decimals > 0 ? `.${digits.slice(split)}` : '');
  return negative && /[1-9]/.test(text) ? `-${text}` : text;
}

/** Money with two decimals, grouped. */
export const money = (decimal: string) => grouped(rounded(decimal, 2));
export const signedMoney = (decimal: string) => signed(rounded(decimal, 2));

/** Without trailing zeros behind the point: "0.0500" -> "0.05". */
export function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

/** 1 for a gain, -1 for a loss, 0 for neither. */
export function signOf(decimal: string | null): -1 | 0 | 1 {
  if (!decimal || !/[1-9]/.test(decimal)) return 0;
  return decimal.startsWith('-') ? -1 : 1;
}

/** Change from `open` to `last` in per cent with two decimals and sign; null without both. */
export function changePercent(open: string | null, last: string | null): string | null {
  if (!open || !last) return null;
  const decimals = Math.max(fractionLength(open), fractionLength(last));
  const from = scaled(open, decimals);
  const difference = scaled(last, decimals) - from;
  if (from === 0n) return null;
  const magnitude = ((difference < 0n ? -difference : difference) * 100_000n) / from;
  const hundredths = (magnitude + 5n) / 10n;
  const text = hundredths.toString().padStart(3, '0');
  const percent = `${text.slice(0, -2)}.${text.slice(-2)}`;
  return signed(difference < 0n && hundredths !== 0n ? `-${percent}` : percent);
}

const fractionLength = (decimal: string) => decimal.split('.')[1]?.length ?? 0;

function scaled(decimal: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

export type TimeZoneChoice = 'utc' | 'local';

/** "14:30:05", with `withMs` "14:30:05.250". */
export function timeOfDay(iso: string, zone: TimeZoneChoice, withMs = false): string {
  if (zone === 'utc') return iso.slice(11, withMs ? 23 : 19);
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMs ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** "5 Jan 2026". */
export function dayOf(iso: string, zone: TimeZoneChoice): string {
  return new Date(iso).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  });
}

/** "just now", "4 min ago", "3 h ago", "2 d ago". */
export function ago(iso: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(iso)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (60 * 24))} d ago`;
}
