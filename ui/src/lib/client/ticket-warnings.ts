/** What is worth knowing about a ticket, though nothing is wrong with it. */
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import { waitsForTrigger } from './order-words.ts';
import { bandTicks, type TicketContext, type TicketDraft } from './ticket.ts';
import { timeOf } from './ticket-terms.ts';

/** Far from the market by this much is worth a word before the collar refuses it. */
const WARN_AWAY_PPM = 20_000;
const COLLECTING = ['preOpen', 'openingAuction', 'closingAuction', 'reopeningAuction'];

/** Whether it is kept for an auction instead of meeting the book. */
export function isCollected(
  draft: Pick<TicketDraft, 'type' | 'timeInForce'>,
  quote: Pick<QuoteFrame, 'phase'> | undefined,
): boolean {
  if (waitsForTrigger(draft.type)) return false;
  const time = timeOf(draft);
  return time === 'opg' || time === 'cls' || COLLECTING.includes(quote?.phase ?? '');
}

export function warningsOf(
  draft: TicketDraft,
  crosses: boolean,
  ticks: number | null,
  context: TicketContext,
): string[] {
  const warnings: string[] = [];
  const { quote, venue } = context;
  if (venue === 'paused') warnings.push('The market is paused: the order waits until it runs on.');
  if (isCollected(draft, quote)) {
    warnings.push('Kept for the auction, where all trade at one price.');
    return warnings;
  }
  if (draft.type === 'market' && !(draft.side === 'buy' ? quote?.ask : quote?.bid))
    warnings.push('Nobody offers the other side now: a market order may find no liquidity.');
  if (draft.type === 'limit' && ticks !== null) {
    const band = bandTicks(context, WARN_AWAY_PPM);
    if (crosses) warnings.push('Crosses the spread: it trades at once, as taker.');
    else if (band && (ticks < band.low || ticks > band.high))
      warnings.push('More than 2 % away from the market.');
  }
  return warnings;
}
