/**
 * The price at which an auction trades: the one that trades most; of those, the one that leaves the
 * least unmatched; of those, the one nearest the reference; of two as near, the higher one when
 * more is wanted than offered, else the lower one.
 *
 * Source: Euronext and Xetra auction rules ("maximum executable volume, lowest surplus, reference").
 */
export interface AuctionOrder {
  priceTicks: number;
  lots: number;
}

export interface Uncross {
  priceTicks: number;
  /** Lots that trade, ≥ 1. */
  lots: number;
  /** Lots wanted less lots offered at that price: what stays unmatched, signed. */
  imbalanceLots: number;
}

/**
 * @param buys   Best price first: highest.
 * @param sells  Best price first: lowest.
 * @returns      Null when no two orders meet.
 */
export function uncrossing(
  buys: readonly AuctionOrder[],
  sells: readonly AuctionOrder[],
  referenceTicks: number,
): Uncross | null {
  if (buys.length === 0 || sells.length === 0) return null;
  const low = sells[0].priceTicks;
  const high = buys[0].priceTicks;
  if (low > high) return null;
  const prices = candidates(buys, sells, low, high, referenceTicks);
  // Demand falls and supply rises with the price: one walk upwards sees every candidate.
  let demand = buys.reduce((sum, { lots }) => sum + lots, 0);
  let supply = 0;
  let buy = buys.length - 1;
  let sell = 0;
  let best: Uncross | null = null;
  for (const priceTicks of prices) {
    while (buy >= 0 && buys[buy].priceTicks < priceTicks) demand -= buys[buy--].lots;
    while (sell < sells.length && sells[sell].priceTicks <= priceTicks)
      supply += sells[sell++].lots;
    const lots = Math.min(demand, supply);
    const next = { priceTicks, lots, imbalanceLots: demand - supply };
    if (best === null || isBetter(next, best, referenceTicks)) best = next;
  }
  return best;
}

/**
 * Every limit between the best sell and the best buy, and, because volume and surplus are the same
 * all the way between two limits, of each gap the tick nearest the reference. Ascending.
 */
function candidates(
  buys: readonly AuctionOrder[],
  sells: readonly AuctionOrder[],
  low: number,
  high: number,
  referenceTicks: number,
): number[] {
  const limits = new Set<number>();
  for (const { priceTicks } of buys) if (priceTicks >= low) limits.add(priceTicks);
  for (const { priceTicks } of sells) if (priceTicks <= high) limits.add(priceTicks);
  const sorted = [...limits].sort((a, b) => a - b);
  const prices: number[] = [];
  sorted.forEach((price, i) => {
    const before = sorted[i - 1];
    if (i > 0 && price - before > 1) {
      prices.push(Math.min(price - 1, Math.max(before + 1, referenceTicks)));
    }
    prices.push(price);
  });
  return prices;
}

function isBetter(a: Uncross, b: Uncross, referenceTicks: number): boolean {
  if (a.lots !== b.lots) return a.lots > b.lots;
  const surplus = Math.abs(a.imbalanceLots) - Math.abs(b.imbalanceLots);
  if (surplus !== 0) return surplus < 0;
  const distance =
    Math.abs(a.priceTicks - referenceTicks) - Math.abs(b.priceTicks - referenceTicks);
  if (distance !== 0) return distance < 0;
  return a.imbalanceLots > 0 === a.priceTicks > b.priceTicks;
}
