/** A fill receipt in words: why an order was filled, or was not. */

import type { FillExplanation } from '@sandpit/schemas/holdings.ts';
import type { FillReceipt } from '@sandpit/schemas/http.ts';
import { grouped, trimmed } from './format.ts';
import { reasonText } from './reasons.ts';

type ReceiptLeg = FillReceipt['legs'][number];

interface Explanation {
  title: string;
  text: string;
}

const EXPLANATIONS: Readonly<Record<FillExplanation, Explanation>> = {
  refused: { title: 'Refused', text: 'The venue did not take it.' },
  awaitsEntry: {
    title: 'Waits for its entry',
    text: 'It comes alive with what the entry of its list fills; until then it stands in no queue.',
  },
  waitsForTrigger: {
    title: 'Waits for its trigger',
    text: 'The market has not been at its trigger price, so it stands in no queue yet.',
  },
  waitsForReference: {
    title: 'Waits for a quote',
    text: 'Nobody shows the price that it follows, so it stands in no queue yet.',
  },
  behindOthers: {
    title: 'Behind others in the queue',
    text: 'Orders at the same price that came earlier trade first.',
  },
  firstInQueue: {
    title: 'First in the queue',
    text: 'Nobody is ahead at its price: the next trade there is with this order.',
  },
  tookLiquidity: {
    title: 'Traded on arrival',
    text: 'It met orders that were resting already, and paid the taker fee.',
  },
  reachedTheFront: {
    title: 'Reached the front',
    text: 'What was ahead traded or was canceled, then others traded with it.',
  },
  endedBeforeEntry: {
    title: 'Ended before its entry',
    text: 'The entry of its list never called it.',
  },
  endedBeforeTrigger: {
    title: 'Ended before its trigger',
    text: 'The market never came to its trigger price.',
  },
  endedBehindOthers: {
    title: 'Ended behind others',
    text: 'The market traded at its price, but not enough to reach it in the queue.',
  },
  endedWithoutTradeAtPrice: {
    title: 'Nothing traded at its price',
    text: 'The market did not trade at its price while it was resting.',
  },
  ranOutOfLiquidity: {
    title: 'Not enough to trade with',
    text: 'What was on the other side did not suffice for all of it.',
  },
};

export function explanationOf({ explanation, rejectReason }: FillReceipt): Explanation {
  const known = EXPLANATIONS[explanation] ?? { title: explanation, text: '' };
  const reason = reasonText(rejectReason);
  return reason ? { title: known.title, text: reason } : known;
}

/** "850 µs", "4.2 ms", "12.3 s", "4 min 05 s", "2 h 07 min". */
export function durationText(ns: number): string {
  if (ns < 1_000_000) return `${Math.round(ns / 1_000)} µs`;
  if (ns < 1_000_000_000) return `${(ns / 1_000_000).toFixed(1)} ms`;
  const seconds = ns / 1_000_000_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${two((seconds % 3_600) / 60)} min`;
}

export interface QueueShares {
  /** Of what was ahead at entry, 0 to 1; they add up to 1 with `left`. */
  traded: number;
  canceled: number;
  left: number;
}

/** For the bar only; null where nothing was ahead. */
export function queueShares(leg: ReceiptLeg): QueueShares | null {
  const ahead = Number(leg.quantityAheadAtEntry);
  if (leg.kind !== 'resting' || !(ahead > 0)) return null;
  const traded = Math.min(1, Number(leg.tradedAhead) / ahead);
  const canceled = Math.min(1 - traded, Number(leg.canceledAhead) / ahead);
  return { traded, canceled, left: Math.max(0, 1 - traded - canceled) };
}

/** "120 ahead when it came: 80 traded, 20 canceled." */
export function legText(leg: ReceiptLeg): string {
  if (leg.kind === 'waiting')
    return leg.to === null ? 'Waits for its trigger.' : 'Waited for its trigger.';
  const quantity = (decimal: string) => grouped(trimmed(decimal));
  if (!/[1-9]/.test(leg.quantityAheadAtEntry)) return 'Nobody was ahead when it came.';
  return `${quantity(leg.quantityAheadAtEntry)} ahead when it came: ${quantity(leg.tradedAhead)} traded, ${quantity(leg.canceledAhead)} canceled.`;
}
