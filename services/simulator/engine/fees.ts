/**
 * What a fill costs in one instrument, under the schedule of the account.
 *
 * The commission belongs to the order: each fill pays what the order's commission grows by, so that
 * the sum over the fills is exact whatever their sizes, minimum and cap included.
 */
import { FEE_SCHEDULES, type FeeSchedule, type VenueFee } from '@sandpit/schemas/fees.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { feeMicros, safe } from './money.ts';

export type Liquidity = 'maker' | 'taker';

/** What an order has come to before a fill. */
export type Traded = Pick<Order, 'filledLots' | 'notionalMicros' | 'commissionMicros'>;

export const NOTHING_TRADED = { filledLots: 0, notionalMicros: 0, commissionMicros: 0 } as Traded;

export interface FillFee {
  /** Both parts together, as posted. */
  feeMicros: number;
  commissionMicros: number;
}

export class FeeRule {
  readonly instrument: Instrument;
  readonly schedule: FeeSchedule;
  readonly maker: VenueFee;
  readonly taker: VenueFee;
  /** Units of one lot: `numerator / denominator`, of its decimal text. */
  readonly #numerator: number;
  readonly #denominator: number;

  constructor(instrument: Instrument, schedule: FeeSchedule = FEE_SCHEDULES[0]) {
    this.instrument = instrument;
    this.schedule = schedule;
    this.maker = schedule.maker ?? { ppm: instrument.makerFeePpm, perUnitMicros: 0 };
    this.taker = schedule.taker ?? { ppm: instrument.takerFeePpm, perUnitMicros: 0 };
    this.isShareOfNotional =
      schedule.commission === null && isShare(this.maker) && isShare(this.taker);
    const [whole, fraction = ''] = instrument.lotSize.split('.');
    this.#numerator = Number(whole + fraction);
    this.#denominator = Number(`1${'0'.repeat(fraction.length)}`);
  }

  /** Nothing is charged by the unit or by the order, and no fill costs more than it is worth. */
  readonly isShareOfNotional: boolean;

  get hasCommission(): boolean {
    return this.schedule.commission !== null;
  }

  ofFill(liquidity: Liquidity, notional: number, lots: number, before: Traded): FillFee {
    const { ppm, perUnitMicros } = liquidity === 'maker' ? this.maker : this.taker;
    const venue = feeMicros(notional, ppm) + this.#perUnits(perUnitMicros, lots);
    if (!this.hasCommission) return { feeMicros: safe(venue), commissionMicros: 0 };
    const after = this.commission(before.filledLots + lots, before.notionalMicros + notional);
    // Not what was charged: that may have been under another schedule, and stays paid.
    const commissionMicros = after - this.commission(before.filledLots, before.notionalMicros);
    return { feeMicros: safe(venue + commissionMicros), commissionMicros };
  }

  /** Of an order that has traded `lots` for `notional` in all. */
  commission(lots: number, notional: number): number {
    const { commission } = this.schedule;
    if (commission === null || lots === 0) return 0;
    const { ppm, perUnitMicros, minimumMicros, capPpm } = commission;
    const plain = feeMicros(notional, ppm) + this.#perUnits(perUnitMicros, lots);
    const atLeast = Math.max(minimumMicros, plain);
    return safe(capPpm === null ? atLeast : Math.min(feeMicros(notional, capPpm), atLeast));
  }

  /** What an order is taken to cost that rests: the maker's fee without rebates, and commission. */
  whenResting(lots: number, notional: number): number {
    const { ppm, perUnitMicros } = this.maker;
    const venue = feeMicros(notional, ppm) + this.#perUnits(perUnitMicros, lots);
    return Math.max(0, venue) + this.commission(lots, notional);
  }

  /** Rounded half up, exact. */
  #perUnits(perUnitMicros: number, lots: number): number {
    if (perUnitMicros === 0) return 0;
    const product = 2n * BigInt(perUnitMicros) * BigInt(lots) * BigInt(this.#numerator);
    const denominator = BigInt(this.#denominator);
    return floorDivide(product + denominator, 2n * denominator);
  }
}

const isShare = ({ ppm, perUnitMicros }: VenueFee): boolean =>
  perUnitMicros === 0 && ppm <= 1_000_000;

function floorDivide(a: bigint, b: bigint): number {
  const quotient = a / b;
  return Number(a % b < 0n ? quotient - 1n : quotient);
}
