/** A split as news: the ratio, and what it meant for the account. */
import type { SplitView } from '@sandpit/schemas/http.ts';
import { grouped, trimmed } from './format.ts';

export function splitText(split: SplitView): string {
  const { symbol, newUnits, oldUnits, price, fromQuantity, quantity, cash } = split;
  const what = `${symbol} was split ${newUnits} for ${oldUnits} and trades around ${grouped(price)}. Its open orders were canceled.`;
  if (Number(fromQuantity) === 0) return what;
  const held = `Your ${grouped(trimmed(fromQuantity))} are ${grouped(trimmed(quantity))} now.`;
  if (Number(cash) === 0) return `${what} ${held}`;
  const paid = cash.startsWith('-') ? 'You paid' : 'You received';
  return `${what} ${held} ${paid} ${grouped(cash.replace('-', ''))} for the rest.`;
}
