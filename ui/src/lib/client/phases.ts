/** The phases of a trading day in words; continuous trading needs none. */
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import { grouped, trimmed } from './format.ts';

const PHASES: Readonly<Record<TradingPhase, string>> = {
  preOpen: 'Pre-open',
  openingAuction: 'Opening auction',
  continuous: '',
  closingAuction: 'Closing auction',
  closed: 'Closed',
  halted: 'Halted',
  reopeningAuction: 'Reopening auction',
};

/** `Opening auction 42.10 × 300`: what the auction would do now; '' in continuous trading. */
export function phaseText(quote: QuoteFrame | null | undefined): string {
  const phase = PHASES[quote?.phase ?? 'continuous'];
  if (!phase || !quote?.indicativePrice) return phase;
  const quantity = quote.indicativeQuantity;
  return `${phase} ${grouped(quote.indicativePrice)}${quantity ? ` × ${grouped(trimmed(quantity))}` : ''}`;
}
