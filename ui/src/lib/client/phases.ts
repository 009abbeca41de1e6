/** The phases of a trading day in words; continuous trading needs none. */
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { HaltReason, TradingPhase } from '@sandpit/schemas/session.ts';
import { grouped, trimmed } from './format.ts';

export const PHASES: Readonly<Record<TradingPhase, string>> = {
  preOpen: 'Pre-open',
  openingAuction: 'Opening auction',
  continuous: '',
  closingAuction: 'Closing auction',
  closed: 'Closed',
  halted: 'Halted',
  reopeningAuction: 'Reopening auction',
};

export const HALTS: Readonly<Record<HaltReason, string>> = {
  volatility: 'volatility',
  newsPending: 'news pending',
  newsDissemination: 'news',
  orderImbalance: 'order imbalance',
  additionalInformation: 'information asked for',
  equipmentChangeover: 'equipment changeover',
  regulatory: 'regulatory',
};

const LIMIT_STATES = {
  none: '',
  limitUp: 'Limit up',
  limitDown: 'Limit down',
  straddle: 'Straddle',
};

/**
 * `Opening auction 42.10 × 300, 0:42 left`, `Halted: news pending`, `Limit up`: the phase, what its
 * auction would do now, and how long it lasts; '' in continuous trading within the bands.
 *
 * @param simulatedMs  Now; null while it is not known.
 */
export function phaseText(
  quote: QuoteFrame | null | undefined,
  simulatedMs: number | null = null,
): string {
  const name = PHASES[quote?.phase ?? 'continuous'];
  if (!quote || !name) return LIMIT_STATES[quote?.limitState ?? 'none'];
  const { indicativePrice, indicativeQuantity, haltReason, phaseEndsAt, auctionExtensions } = quote;
  const reason = haltReason ? `: ${HALTS[haltReason]}` : '';
  const quantity = indicativeQuantity ? ` × ${grouped(trimmed(indicativeQuantity))}` : '';
  const indication = indicativePrice ? ` ${grouped(indicativePrice)}${quantity}` : '';
  const longer = auctionExtensions ? `, prolonged ${auctionExtensions}×` : '';
  return name + reason + indication + leftText(phaseEndsAt, simulatedMs) + longer;
}

function leftText(endsAt: string | null | undefined, simulatedMs: number | null): string {
  if (!endsAt || simulatedMs === null) return '';
  return `, ${countdown(Date.parse(endsAt) - simulatedMs)} left`;
}

/** Milliseconds as `1:05` or `1:02:03`; never less than nothing. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** "162.04 – 198.06": outside of it nothing trades; '' without bands. */
export function bandText({ limitDownPrice, limitUpPrice }: Partial<QuoteFrame>): string {
  return limitDownPrice && limitUpPrice
    ? `${grouped(limitDownPrice)} – ${grouped(limitUpPrice)}`
    : '';
}
