/** What keeps an instrument from trading as usual, in words for the panel of its book. */
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import { grouped, trimmed } from './format.ts';
import { countdown, HALTS, PHASES } from './phases.ts';

/** What comes at the end of a phase. */
const NEXT: Readonly<Record<TradingPhase, string>> = {
  preOpen: 'Opening auction in',
  openingAuction: 'Opens in',
  continuous: '',
  closingAuction: 'Closes in',
  closed: 'Pre-open in',
  halted: 'Reopening auction in',
  reopeningAuction: 'Reopens in',
};

/** `42.10 × 300`; '' where no two orders meet or nothing is collected. */
function indicationOf(quote: QuoteFrame | null | undefined): string {
  if (!quote?.indicativePrice) return '';
  const quantity = quote.indicativeQuantity;
  return `${grouped(quote.indicativePrice)}${quantity ? ` × ${grouped(trimmed(quantity))}` : ''}`;
}

export interface PhaseNote {
  /** Trading is stopped or about to be, against the timetable. */
  isAlarm: boolean;
  title: string;
  /** Until when, or what to expect. */
  detail: string;
  /** What the auction under way would do now; '' outside of one. */
  indication: string;
}

/** Null in undisturbed continuous trading. */
export function phaseNote(
  quote: QuoteFrame | null | undefined,
  simulatedMs: number | null,
): PhaseNote | null {
  const phase = quote?.phase ?? 'continuous';
  if (!quote || phase === 'continuous') return quote ? limitNote(quote) : null;
  const isHalt = phase === 'halted' || phase === 'reopeningAuction';
  const isAuction = phase === 'preOpen' || phase.endsWith('Auction');
  const why = quote.haltReason ? `: ${HALTS[quote.haltReason]}` : '';
  const times = quote.auctionExtensions ?? 0;
  return {
    isAlarm: isHalt,
    title: `${PHASES[phase]}${why}${times > 0 ? `, prolonged ${times} ×` : ''}`,
    detail: untilText(quote, phase, simulatedMs),
    indication: isAuction ? indicationOf(quote) || 'No match yet' : '',
  };
}

function untilText(quote: QuoteFrame, phase: TradingPhase, simulatedMs: number | null): string {
  const endsAt = quote.phaseEndsAt;
  if (!endsAt) return phase === 'halted' ? 'Until it is reopened' : '';
  if (simulatedMs === null) return '';
  return `${NEXT[phase]} ${countdown(Date.parse(endsAt) - simulatedMs)}`;
}

function limitNote({ limitState, limitUpPrice, limitDownPrice }: QuoteFrame): PhaseNote | null {
  const note = { isAlarm: true, indication: '' };
  if (limitState === 'limitUp' || limitState === 'limitDown') {
    const isUp = limitState === 'limitUp';
    const price = isUp ? limitUpPrice : limitDownPrice;
    const title = `Limit ${isUp ? 'up' : 'down'}${price ? ` at ${grouped(price)}` : ''}`;
    return { ...note, title, detail: 'Trading halts if the quote stays there' };
  }
  if (limitState !== 'straddle') return null;
  const detail = 'Part of the quote lies beyond the price band and cannot trade';
  return { ...note, isAlarm: false, title: 'Straddling the band', detail };
}
