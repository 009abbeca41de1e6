/** Changes of phase, and how a chart shows them. */
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { HaltReason, TradingPhase } from '@sandpit/schemas/session.ts';
import { bucketOf } from './candles.ts';
import { HALTS } from './phases.ts';

/** A change of phase as the quotes told it. */
export interface PhaseChange {
  symbol: string;
  /** Simulated time. */
  at: string;
  phase: TradingPhase;
  /** The phase before it. */
  from: TradingPhase;
  haltReason: HaltReason | null;
}

/** What a quote says against the one before it; null when the phase is the same. */
export function phaseChange(before: QuoteFrame | undefined, quote: QuoteFrame): PhaseChange | null {
  const from = before?.phase;
  if (from === undefined || quote.phase === undefined || quote.phase === from) return null;
  const { symbol, at, phase, haltReason = null } = quote;
  return { symbol, at, phase, from, haltReason };
}

/** A phase on a chart. */
export interface PhaseMark {
  /** Unix seconds of the bar. */
  time: number;
  isHalt: boolean;
  text: string;
}

/** Halts and the starts of trading, oldest first; one per bar, the last of it. */
export function phaseMarks(
  changes: readonly PhaseChange[],
  symbol: string,
  intervalSeconds: number,
): PhaseMark[] {
  const marks = new Map<number, PhaseMark>();
  for (const change of changes) {
    if (change.symbol !== symbol) continue;
    const time = bucketOf(change.at, intervalSeconds);
    const text = markText(change);
    if (text) marks.set(time, { time, isHalt: change.phase === 'halted', text });
  }
  return [...marks.values()].toSorted((a, b) => a.time - b.time);
}

function markText({ phase, from, haltReason }: PhaseChange): string {
  if (phase === 'halted') return haltReason ? `Halt: ${HALTS[haltReason]}` : 'Halt';
  if (phase === 'closed') return 'Close';
  if (phase !== 'continuous') return '';
  return from === 'reopeningAuction' ? 'Reopened' : 'Open';
}
