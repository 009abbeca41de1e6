/** What a halt means for an order. */
import type { Intent } from './intent.ts';

/** In a halt an order can only wait: for the reopening auction, or for its trigger. */
export function isStoppedByHalt({ listing, terms, waits }: Intent): boolean {
  if (listing.phase !== 'halted' || waits) return false;
  const { type, timeInForce } = terms;
  return type !== 'limit' || timeInForce === 'ioc' || timeInForce === 'fok';
}
