/** What the agents of one instrument share: the book, the value, the memory of trades, the clock. */
import type { BookView } from './book-view.ts';
import type { Kernel } from './kernel.ts';
import type { LatentValue } from './latent-value.ts';
import type { OrderFlow } from './order-flow.ts';
import type { Parameters } from './parameters.ts';

export interface MarketState {
  readonly parameters: Parameters;
  readonly book: BookView;
  readonly value: LatentValue;
  readonly flow: OrderFlow;
  readonly kernel: Kernel;
}

/** The price makers quote around: the value as they know it, moved by order flow. Ticks, ≥ 1. */
export function fairTicks({ value, flow }: MarketState): number {
  return Math.max(1, value.knownTicks * (1 + flow.pressure));
}
