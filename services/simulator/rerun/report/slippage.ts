/** What fills cost against a benchmark. Positive = worse than it. Pure; micros. */
import { moneyText } from '@sandpit/schemas/decimal.ts';
import type { Slippage } from '@sandpit/schemas/report.ts';

/** A running sum of slippage and of the value it is a part of. */
export class SlippageSum {
  #micros = 0;
  #benchmarkMicros = 0;

  /**
   * @param direction       1 = bought, −1 = sold.
   * @param benchmarkTicks  0 = there was none: the fill does not count.
   */
  add(
    direction: 1 | -1,
    priceTicks: number,
    benchmarkTicks: number,
    lots: number,
    tickValueMicros: number,
  ): void {
    if (benchmarkTicks === 0) return;
    this.#micros += direction * (priceTicks - benchmarkTicks) * lots * tickValueMicros;
    this.#benchmarkMicros += benchmarkTicks * lots * tickValueMicros;
  }

  get micros(): number {
    return this.#micros;
  }

  view(): Slippage {
    const bps = this.#benchmarkMicros === 0 ? null : (this.#micros / this.#benchmarkMicros) * 1e4;
    return {
      amount: moneyText(Math.round(this.#micros)),
      bps: bps === null ? null : Math.round(bps * 100) / 100,
    };
  }
}
