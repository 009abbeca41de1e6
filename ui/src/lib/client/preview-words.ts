/** What the venue says would happen to an order, in a sentence. */
import type { OrderPreview } from '@sandpit/schemas/http.ts';
import { grouped, trimmed } from './format.ts';
import { reasonText } from './reasons.ts';

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
