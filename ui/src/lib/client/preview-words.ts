/** What the venue says would happen to an order, in a sentence. */
import type { OrderListPreview, OrderPreview } from '@sandpit/schemas/http.ts';
import { grouped, trimmed } from './format.ts';
import { TYPES } from './order-words.ts';
import { reasonText } from './reasons.ts';
import { isLinked, type PlanList } from './ticket-plan.ts';

const isZero = (decimal: string) => !/[1-9]/.test(decimal);
const quantity = (decimal: string) => grouped(trimmed(decimal));

/** @param isCollected  It is kept for an auction. */
export function outcomeText(preview: OrderPreview, isCollected = false): string {
  if (!preview.accepted) return `Would be refused now. ${reasonText(preview.rejectReason)}`;
  if (preview.waitsForTrigger) return 'Would wait for its trigger.';
  const { filledQuantity, restingQuantity, averagePrice } = preview;
  if (isZero(filledQuantity))
    return isZero(restingQuantity)
      ? 'Would find nothing to trade with.'
      : isCollected
        ? 'Would wait for the auction.'
        : 'Would rest in the book.';
  const at = averagePrice ? ` at ${grouped(averagePrice)}` : '';
  const levels = preview.fills.length > 1 ? ` across ${preview.fills.length} prices` : '';
  const rest = isZero(restingQuantity) ? '' : `, ${quantity(restingQuantity)} would rest`;
  return `Would fill ${quantity(filledQuantity)}${at}${levels}${rest}.`;
}

/** Take-profit and stop-loss are worth a line each; more of them say the same. */
const MAX_LEG_LINES = 2;

export interface PreviewLine {
  text: string;
  isRefused: boolean;
}

export const outcomeLine = (preview: OrderPreview, isCollected = false): PreviewLine => ({
  text: outcomeText(preview, isCollected),
  isRefused: !preview.accepted,
});

/**
 * A line for each order of a list, in its order; one where the list is refused as a whole, and one for
 * all that follow an entry where they are many.
 *
 * @param isCollected  Orders that do not wait are kept for an auction.
 */
export function listLines(
  { contingency, orders }: PlanList,
  { accepted, rejectReason, orders: answers }: OrderListPreview,
  isCollected = false,
): PreviewLine[] {
  if (!accepted)
    return [{ text: `Would be refused now. ${reasonText(rejectReason)}`, isRefused: true }];
  const follow = isLinked(contingency) ? 0 : orders.length - 1;
  const shown = follow > MAX_LEG_LINES ? answers.slice(0, 1) : answers;
  const lines = shown.map((answer, i) => {
    const { type } = orders[i]!;
    const isEntry = i === 0 && !isLinked(contingency);
    const exit = TYPES[type].stop === 'stop' || TYPES[type].trail ? 'Stop-loss' : 'Take-profit';
    const isHeld = i > 0 && !isLinked(contingency);
    const outcome = isHeld
      ? 'Comes alive with what the entry trades.'
      : outcomeText(answer, isCollected);
    return { text: `${isEntry ? 'Entry' : exit}: ${outcome}`, isRefused: !answer.accepted };
  });
  if (follow > MAX_LEG_LINES)
    lines.push({
      text: `${follow} exits: come alive with what the entry trades.`,
      isRefused: false,
    });
  return lines;
}
