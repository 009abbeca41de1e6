/** What a scenario's script does to the crowd of one instrument. */
import type { CrowdEvent } from '@sandpit/schemas/script.ts';
import { BUY, SELL } from './access.ts';
import { TAKER_OWNER } from './agents/taker.ts';
import type { MarketState } from './market-state.ts';

/** Spells that the script has begun; 0 = none. */
export interface Scripted {
  makersAwayUntilNs: number;
  thinUntilNs: number;
  thinTimes: number;
}

export const noSpells = (): Scripted => ({ makersAwayUntilNs: 0, thinUntilNs: 0, thinTimes: 1 });

/** Carries out one event, or begins its spell in `spells`. */
export function runScripted(
  event: CrowdEvent,
  nowNs: number,
  { value, book }: MarketState,
  spells: Scripted,
): void {
  if (event.type === 'headline') {
    if (event.jumpBps !== 0) value.shock(event.jumpBps);
  } else if (event.type === 'fatFinger') {
    const side = event.side === 'buy' ? BUY : SELL;
    const best = side === BUY ? book.bestAsk : book.bestBid;
    if (best === 0) return;
    const reach = (best * event.reachBps) / 10_000;
    const limit = Math.max(1, Math.round(side === BUY ? best + reach : best - reach));
    book.take(TAKER_OWNER.scripted, side, limit, event.quantityLots);
  } else if (event.type === 'makerWithdrawal') {
    spells.makersAwayUntilNs = nowNs + event.seconds * 1e9;
  } else {
    spells.thinUntilNs = nowNs + event.seconds * 1e9;
    spells.thinTimes = event.times;
  }
}
