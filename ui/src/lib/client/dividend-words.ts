/** A dividend as news: what it is per unit, and what it meant for the account. */
import type { DividendView } from '@sandpit/schemas/http.ts';
import { grouped } from './format.ts';

export function dividendText({ symbol, amount, cash }: DividendView): string {
  const what = `${symbol} trades without its dividend of ${grouped(amount)} a unit.`;
  const isNothing = /^-?0(\.0*)?$/.test(cash);
  if (isNothing) return what;
  const isPaid = cash.startsWith('-');
  return `${what} You ${isPaid ? 'paid' : 'received'} ${grouped(cash.replace('-', ''))}.`;
}
