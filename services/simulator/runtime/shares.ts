/** Who should hold how many shards. Pure. */

/**
 * Fair share of `worker`: shares add up to `shardCount` and differ by at most one.
 *
 * @param live  Ids of all live workers, `worker` among them, in any order.
 */
export function fairShare(worker: string, live: readonly string[], shardCount: number): number {
  const rank = [...live].sort().indexOf(worker);
  if (rank < 0) return 0;
  const base = Math.floor(shardCount / live.length);
  return rank < shardCount % live.length ? base + 1 : base;
}

/** A copy in an order decided by `random`, so that workers do not race for the same shard first. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j] as Item, copy[i] as Item];
  }
  return copy;
}
