/** How a margin account stands at the marks, now or with one position changed. */
import { requirementOf } from '@sandpit/schemas/margin.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import { valueAt, valueMicros } from './valuation.ts';

export interface Standing {
  equityMicros: number;
  initialMicros: number;
  maintenanceMicros: number;
  /** Longs and shorts added up. */
  exposureMicros: number;
}

/** What an order has changed, if it has: one position, and cash. */
export interface Changed {
  listing: Listing;
  position: { lots: number; costMicros: number };
  cashMicros: number;
}

/** Accrued fees and interest count when they are charged. Zero requirements without margin. */
export function standing(state: ExchangeState, changed: Changed | null = null): Standing {
  let equityMicros = changed?.cashMicros ?? state.cashMicros;
  let initialMicros = 0;
  let maintenanceMicros = 0;
  let exposureMicros = 0;
  for (const listing of state.listings) {
    const value =
      listing === changed?.listing ? valueAt(listing, changed.position) : valueMicros(listing);
    equityMicros += value;
    exposureMicros += Math.abs(value);
    if (listing.marginRates === null) continue;
    const asked = requirementOf(value, listing.marginRates);
    initialMicros += asked.initialMicros;
    maintenanceMicros += asked.maintenanceMicros;
  }
  return { equityMicros, initialMicros, maintenanceMicros, exposureMicros };
}
