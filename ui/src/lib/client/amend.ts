/** An open order changed where it stands: what of it may change, and what is wrong with a change. */
import { priceTicks, quantityLots } from '@sandpit/schemas/decimal.ts';
import type { OrderView, ReplaceRequest } from '@sandpit/schemas/http.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import { trimmed } from './format.ts';
import { isWaiting, TYPES } from './order-words.ts';
import { cleanNumber } from './ticket.ts';
import { pegOffsetText, pegTicks } from './ticket-terms.ts';

export type AmendField = 'quantity' | 'limitPrice' | 'stopPrice' | 'pegOffset' | 'minimumQuantity';

/** As typed. */
export type AmendDraft = Record<AmendField, string>;

export interface AmendVerdict {
  wrong: Partial<Record<AmendField, true>>;
  /** What to do about what is wrong, else what the change costs; may be empty. */
  hint: string;
  /** Empty: nothing would change; null while something is wrong. */
  change: ReplaceRequest | null;
}

export const draftOf = (row: OrderView): AmendDraft => ({
  quantity: trimmed(row.quantity),
  limitPrice: row.limitPrice ?? '',
  stopPrice: row.stopPrice ?? '',
  pegOffset: row.pegOffset ? trimmed(row.pegOffset) : '0',
  minimumQuantity: row.minimumQuantity ? trimmed(row.minimumQuantity) : '',
});

/** What the venue lets a trader change of an order. */
export function amendable(row: OrderView): Record<AmendField, boolean> {
  // The size of a leg is its list's to set.
  const isFree = !row.listRole || row.listRole === 'parent';
  return {
    quantity: isFree,
    limitPrice: row.limitPrice !== null,
    // A trigger that follows the market cannot be set, nor one that has fired.
    stopPrice: !!TYPES[row.type].stop && isWaiting(row),
    pegOffset: !!TYPES[row.type].peg,
    minimumQuantity: isFree && !!row.minimumQuantity,
  };
}

/** @param instrument  Undefined while it is not known: nothing can be judged then. */
export function judgeAmend(
  row: OrderView,
  draft: AmendDraft,
  instrument: InstrumentSummary | undefined,
): AmendVerdict {
  if (!instrument) return { wrong: {}, hint: '', change: null };
  const may = amendable(row);
  const wrong: AmendVerdict['wrong'] = {};
  const isSteps = { lots: isLots, ticks: isTicks };
  const check = (field: AmendField, steps: 'lots' | 'ticks') => {
    if (may[field] && !isSteps[steps](draft[field], instrument)) wrong[field] = true;
  };
  check('quantity', 'lots');
  check('limitPrice', 'ticks');
  check('stopPrice', 'ticks');
  if (draft.minimumQuantity.trim() !== '') check('minimumQuantity', 'lots');
  if (may.pegOffset && pegTicks(draft.pegOffset, instrument) === null) wrong.pegOffset = true;
  if (Object.keys(wrong).length > 0) {
    const hint = `Steps of ${instrument.lotSize} and ${instrument.tickSize}`;
    return { wrong, hint, change: null };
  }
  if (may.minimumQuantity && isAbove(draft.minimumQuantity, draft.quantity, instrument)) {
    return {
      wrong: { minimumQuantity: true },
      hint: 'The minimum is more than the quantity',
      change: null,
    };
  }
  return { wrong, hint: hintOf(may), change: changeOf(row, draft, may) };
}

/** null for what is no number on the grid. */
function lotsOf(typed: string, instrument: InstrumentSummary): number | null {
  const text = cleanNumber(typed);
  return text === null ? null : quantityLots(text, instrument);
}

const isLots = (typed: string, instrument: InstrumentSummary) => lotsOf(typed, instrument) !== null;

function isTicks(typed: string, instrument: InstrumentSummary): boolean {
  const text = cleanNumber(typed);
  return text !== null && priceTicks(text, instrument) !== null;
}

const isAbove = (least: string, whole: string, instrument: InstrumentSummary) =>
  (lotsOf(least, instrument) ?? 0) > (lotsOf(whole, instrument) ?? 0);

function hintOf(may: Record<AmendField, boolean>): string {
  if (may.stopPrice) return '';
  return may.quantity
    ? 'Smaller keeps the place in the queue'
    : 'Another price goes to the back of its queue';
}

/** Only what is not as it was. */
function changeOf(
  row: OrderView,
  draft: AmendDraft,
  may: Record<AmendField, boolean>,
): ReplaceRequest {
  const before = draftOf(row);
  const change: ReplaceRequest = {};
  for (const field of ['quantity', 'limitPrice', 'stopPrice', 'minimumQuantity'] as const) {
    const text = cleanNumber(draft[field]);
    if (may[field] && text !== null && text !== before[field]) change[field] = text;
  }
  if (may.minimumQuantity && draft.minimumQuantity.trim() === '') change.minimumQuantity = '0';
  const offset = pegOffsetText(draft.pegOffset);
  if (may.pegOffset && Number(offset) !== Number(before.pegOffset)) change.pegOffset = offset;
  return change;
}
