/** An account's terms in the plainest words: what a fill costs, and what may be spent or borrowed. */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import {
  DEFAULT_MARGIN_TERMS,
  type MarginCallState,
  type MarginTerms,
  marginRatesOf,
} from '@sandpit/schemas/margin.ts';
import { DEFAULT_TERMS } from '../account-terms.ts';
import { ceilDivide, feeOf, type HeldOrder, heldMicros, notionalOf } from './reference-money.ts';
import { quoteOf, type ReferenceListing } from './reference-order.ts';

const PPM = 1_000_000n;

export interface ReferenceCall {
  state: MarginCallState;
  sinceNs: number;
  deadlineNs: number;
}

export class ReferenceAccount {
  readonly terms: AccountTerms;
  /** Proceeds that settle at the next midnight, at the one after it, and so on. */
  unsettled: bigint[];
  /** Null: nobody has called. */
  call: ReferenceCall | null = null;

  constructor(terms: AccountTerms = DEFAULT_TERMS) {
    this.terms = terms;
    const days = terms.type === 'cash' ? terms.settlementDays : 0;
    this.unsettled = Array.from({ length: days }, () => 0n);
  }

  get marginTerms(): MarginTerms {
    return this.terms.margin ?? DEFAULT_MARGIN_TERMS;
  }

  copy(): ReferenceAccount {
    const copy = new ReferenceAccount(this.terms);
    copy.unsettled = [...this.unsettled];
    return copy;
  }

  /** The venue's fee of one fill. A lot is a unit. */
  venueFee(liquidity: 'maker' | 'taker', notional: bigint, lots: number, of: Instrument): bigint {
    const own = { ppm: of[`${liquidity}FeePpm`], perUnitMicros: 0 };
    const { ppm, perUnitMicros } = this.terms.fees[liquidity] ?? own;
    return feeOf(notional, ppm) + BigInt(perUnitMicros) * BigInt(lots);
  }

  /** The broker's commission of an order that has traded so much in all. */
  commission(notional: bigint, lots: number): bigint {
    const { commission } = this.terms.fees;
    if (commission === null || lots === 0) return 0n;
    const plain = feeOf(notional, commission.ppm) + BigInt(commission.perUnitMicros * lots);
    const atLeast = BigInt(commission.minimumMicros);
    const asked = plain > atLeast ? plain : atLeast;
    if (commission.capPpm === null) return asked;
    const cap = feeOf(notional, commission.capPpm);
    return asked < cap ? asked : cap;
  }

  /** A fill has brought cash in or cost it. */
  noteCash(cash: bigint, { kind }: Instrument): void {
    const last = this.unsettled.length - 1;
    if (last >= 0 && kind === 'equity' && cash > 0n) this.unsettled[last] += cash;
  }

  midnight(): void {
    if (this.unsettled.length > 0) this.unsettled = [...this.unsettled.slice(1), 0n];
  }

  mayShort({ shortable }: Instrument): boolean {
    return shortable && this.terms.type !== 'cash';
  }

  /** What the open orders and the position of one instrument tie up. */
  held(orders: readonly HeldOrder[], { position, instrument }: ReferenceListing): bigint {
    const costs = (lots: number, notional: bigint) => {
      const venue = this.venueFee('maker', notional, lots, instrument);
      return (venue > 0n ? venue : 0n) + this.commission(notional, lots);
    };
    if (this.terms.type !== 'margin') return heldMicros(orders, position, instrument, costs);
    const { longInitialPpm, shortInitialPpm } = marginRatesOf(instrument);
    const flat = { ...position, costMicros: 0n };
    // Both sides cannot add to the same position: the dearer one counts.
    const [buys, sells] = (['buy', 'sell'] as const).map((side) => {
      const ppm = side === 'buy' ? longInitialPpm : shortInitialPpm;
      const ofSide = orders.filter((order) => order.side === side);
      return heldMicros(ofSide, flat, instrument, costs, (notional) => shareUp(notional, ppm));
    });
    if (buys > sells) return buys;
    return sells;
  }

  /**
   * Whether the account can bear it: cash covers what is tied up, or on margin equity covers what
   * positions and orders ask for initially.
   *
   * @param marks  Of each instrument, as they stood before; see `markOf`.
   */
  suffices(
    cash: bigint,
    held: bigint,
    listings: readonly ReferenceListing[],
    marks: readonly (bigint | null)[],
  ): boolean {
    if (this.terms.type !== 'margin') {
      return cash >= held + this.unsettled.reduce((sum, each) => sum + each, 0n);
    }
    let equity = cash;
    let initial = 0n;
    for (const [i, { position, instrument }] of listings.entries()) {
      const value = valueAt(position, instrument, marks[i]);
      equity += value;
      const { longInitialPpm, shortInitialPpm } = marginRatesOf(instrument);
      initial += shareUp(
        value < 0n ? -value : value,
        value < 0n ? shortInitialPpm : longInitialPpm,
      );
    }
    return equity >= initial + held;
  }
}

/** So many millionths, rounded up. */
export const shareUp = (amount: bigint, ppm: number): bigint =>
  ceilDivide(amount * BigInt(ppm), PPM);

/** Twice the middle of the quote, else twice the last or only price; null = there is none. */
export function markOf(listing: ReferenceListing): bigint | null {
  const { bid, ask } = quoteOf(listing);
  if (bid > 0 && ask > 0) return BigInt(bid + ask);
  const price = listing.lastTradeTicks || bid || ask;
  return price === 0 ? null : BigInt(2 * price);
}

/** Signed; at cost where there is no mark. */
export function valueAt(
  { lots, costMicros }: ReferenceListing['position'],
  instrument: Instrument,
  doubledTicks: bigint | null,
): bigint {
  if (doubledTicks === null) return lots === 0 ? 0n : costMicros;
  const doubled = doubledTicks * notionalOf(1, lots, instrument);
  return (doubled + (doubled < 0n ? -1n : 1n)) / 2n;
}
