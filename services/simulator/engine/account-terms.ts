/** The terms of the trader's account, and what follows from them for each instrument. */
import { type AccountTerms, DEFAULT_SETTLEMENT_DAYS } from '@sandpit/schemas/account.ts';
import { FEE_SCHEDULES, type FeeSchedule } from '@sandpit/schemas/fees.ts';
import { DEFAULT_MARGIN_TERMS, marginRatesOf } from '@sandpit/schemas/margin.ts';
import type { ExchangeState } from './exchange-state.ts';
import { FeeRule } from './fees.ts';

/** Of a start command that says nothing of the account. */
export const DEFAULT_TERMS: AccountTerms = {
  type: 'collateral',
  settlementDays: DEFAULT_SETTLEMENT_DAYS,
  fees: FEE_SCHEDULES[0],
};

/** Another schedule from here on, for orders that are open as well. */
export function changeFees(state: ExchangeState, fees: FeeSchedule): void {
  if (state.terms.fees.name === fees.name) return;
  takeFees(state, fees);
  state.emit({ type: 'feesChanged', fees });
}

export function takeFees(state: ExchangeState, fees: FeeSchedule): void {
  state.terms = { ...state.terms, fees };
  for (const listing of state.listings) listing.fees = new FeeRule(listing.instrument, fees);
}

export function setTerms(state: ExchangeState, terms: AccountTerms): void {
  state.terms = terms;
  state.settlement.setTerms(terms);
  for (const listing of state.listings) {
    listing.isShortable = listing.instrument.shortable && terms.type !== 'cash';
    listing.fees = new FeeRule(listing.instrument, terms.fees);
    listing.marginRates = terms.type === 'margin' ? marginRatesOf(listing.instrument) : null;
  }
  state.marginTerms = terms.margin ?? DEFAULT_MARGIN_TERMS;
}
