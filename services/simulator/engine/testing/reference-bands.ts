/** Price bands in the plainest words: every trade is remembered, and the mean worked out anew. */
import type { PriceBands } from '@sandpit/schemas/price-bands.ts';
import { USUAL_BANDS } from '../price-bands.ts';

const SECOND = 1_000_000_000;
const FIVE_SECONDS = 5 * SECOND;

export class ReferenceBands {
  readonly terms: Required<PriceBands>;
  isActive = false;
  low = 1;
  high = Number.MAX_SAFE_INTEGER;
  reference: number;
  movedNs = 0;
  close: number;
  nextLookNs = Number.MAX_SAFE_INTEGER;
  state: 'none' | 'straddle' | 'limitUp' | 'limitDown' = 'none';
  limitEndsNs = Number.MAX_SAFE_INTEGER;
  trades: { ns: number; ticks: number }[] = [];

  constructor(terms: PriceBands, openingTicks: number) {
    this.terms = { ...USUAL_BANDS, ...terms };
    this.reference = openingTicks;
    this.close = openingTicks;
  }

  copy(): ReferenceBands {
    return Object.assign(Object.create(ReferenceBands.prototype) as ReferenceBands, {
      ...this,
      trades: [...this.trades],
    });
  }

  get nextNs(): number {
    return Math.min(this.nextLookNs, this.limitEndsNs);
  }

  open(nowNs: number, ticks: number, isDoubled: boolean): void {
    this.isActive = true;
    this.trades = [{ ns: nowNs, ticks }];
    this.reference = ticks;
    this.movedNs = nowNs;
    this.place(nowNs, isDoubled);
  }

  shut(): void {
    this.isActive = false;
    this.low = 1;
    this.high = Number.MAX_SAFE_INTEGER;
    this.nextLookNs = Number.MAX_SAFE_INTEGER;
    this.state = 'none';
    this.limitEndsNs = Number.MAX_SAFE_INTEGER;
  }

  look(nowNs: number, isDoubled: boolean): void {
    const bucket = (ns: number) => Math.floor(ns / FIVE_SECONDS);
    const recent = this.trades.filter(({ ns }) => bucket(ns) > bucket(nowNs) - 61);
    const sum = recent.reduce((total, { ticks }) => total + ticks, 0);
    const mean = recent.length === 0 ? 0 : Math.floor(sum / recent.length + 0.5);
    const isFar = Math.abs(mean - this.reference) >= this.reference / 100;
    if (mean > 0 && isFar && nowNs - this.movedNs >= 30 * SECOND) {
      this.reference = mean;
      this.movedNs = nowNs;
    }
    this.place(nowNs, isDoubled);
  }

  /** Of an instrument whose tick is a unit of the currency: above 3 it is 5 or 10 per cent. */
  place(nowNs: number, isDoubled: boolean): void {
    if (this.close <= 3) throw new Error('the reference knows wide bands only');
    this.nextLookNs = (Math.floor(nowNs / FIVE_SECONDS) + 1) * FIVE_SECONDS;
    const percent = (this.terms.tier === 1 ? 5 : 10) * (isDoubled ? 2 : 1);
    const width = Math.max(1, Math.round((percent * this.reference) / 100));
    this.low = Math.max(1, this.reference - width);
    this.high = this.reference + width;
  }

  watch(nowNs: number, { bid, ask }: { bid: number; ask: number }): void {
    if (!this.isActive) return;
    let state: ReferenceBands['state'] = 'none';
    if (bid === this.high) state = 'limitUp';
    else if (ask === this.low) state = 'limitDown';
    else if ((bid > 0 && bid < this.low) || ask > this.high) state = 'straddle';
    if (state === this.state) return;
    this.state = state;
    const lasts = state === 'limitUp' || state === 'limitDown';
    this.limitEndsNs = lasts
      ? nowNs + this.terms.limitStateSeconds * SECOND
      : Number.MAX_SAFE_INTEGER;
  }
}
