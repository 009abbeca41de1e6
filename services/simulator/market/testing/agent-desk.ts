/** One agent's surroundings without a market: a book to fill by hand, the value, the flow. */
import { BUY, type MarketAccess, SELL, type SideCode } from '../access.ts';
import { BookView } from '../book-view.ts';
import { Kernel } from '../kernel.ts';
import { LatentValue } from '../latent-value.ts';
import type { Market } from '../market.ts';
import type { MarketState } from '../market-state.ts';
import { OrderFlow } from '../order-flow.ts';
import { parametersOf } from '../parameters.ts';
import { Random } from '../random.ts';
import { Sector } from '../sector.ts';
import { Books } from './books.ts';
import { SMALL_TICK, testScenario } from './scenario.ts';

const DESK_OWNER = 4_000;

export class AgentDesk {
  readonly books = new Books(1);
  readonly state: MarketState;
  readonly #resting: number[] = [];

  constructor() {
    this.books.market = { nowNs: 0, onFill() {} } as unknown as Market;
    const { instrument, model } = testScenario().instruments[SMALL_TICK]!;
    const parameters = parametersOf(instrument, model);
    const links = {
      sector: new Sector(Random.stream(1, 'sector')),
      sectorCorrelation: 0,
      basketOf: null,
    };
    const value = new LatentValue(parameters, null, links, Random.stream(1, 'value'));
    this.state = {
      parameters,
      book: new BookView(this.books as MarketAccess, 0),
      value,
      flow: new OrderFlow(parameters, value.stepNs / 1e9),
      kernel: new Kernel(1),
    };
  }

  /** Replaces what rests: so many lots a side, the bid and the ask in ticks. */
  quote(bidTicks: number, askTicks: number, lots = 1_000_000): void {
    for (const handle of this.#resting.splice(0)) this.books.cancel(0, handle);
    for (const [side, price] of [
      [BUY, bidTicks],
      [SELL, askTicks],
    ] as [SideCode, number][]) {
      this.#resting.push(this.books.submit(0, DESK_OWNER, side, price, lots, 0));
    }
  }

  /** Taker sides and owners of what has traded since the last call. */
  trades(): { side: SideCode; owner: number; lots: number }[] {
    return this.books.tape.splice(0).map((trade) => ({
      side: trade.takerSide,
      owner: trade.takerOwner,
      lots: trade.lots,
    }));
  }
}
