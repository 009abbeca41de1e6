/** What of the trader's account goes into the state hash: whatever two replicas could disagree about. */
import type { ExchangeState } from './exchange-state.ts';
import type { StateHash } from './state-hash.ts';

export function digestInto(state: ExchangeState, hash: StateHash): void {
  hash.addLarge(state.cashMicros);
  hash.addLarge(state.dayOpenEquityMicros);
  hash.addText(state.terms.type);
  hash.addText(state.terms.fees.name);
  for (const micros of state.settlement.snapshot()) hash.addLarge(micros);
  for (const balance of state.ledger.snapshot()) hash.addLarge(balance);
  hash.addText(state.riskText);
  hash.add(state.sentNs.length);
  hash.addLarge(state.sentNs.at(-1) ?? 0);
  hash.addText(state.marginCall?.state ?? '');
  hash.addLarge(state.marginCall?.deadlineNs ?? 0);
  hash.addLarge(state.interest.remainder);
  hash.addLarge(state.interest.chargedMicros);
  hash.add(state.liquidations);
  hash.add(state.blotter.count);
  hash.add(state.executionCount);
  for (const listing of state.listings) {
    const { position, fifo, reservedMicros, lastTradeTicks, resting, waiting, held } = listing;
    hash.addText(listing.phase);
    hash.addLarge(listing.phaseEndsNs);
    hash.add(listing.pen.size);
    if (listing.bands) {
      hash.addLarge(listing.bands.lowTicks);
      hash.addLarge(listing.bands.highTicks);
      hash.addLarge(listing.bands.nextNs);
      hash.add(listing.bands.referenceTicks);
    }
    if (listing.halt) {
      hash.addText(listing.halt.reason);
      hash.addLarge(listing.halt.endsNs);
      hash.add(listing.halt.lowTicks);
      hash.add(listing.halt.highTicks);
    }
    hash.add(position.lots);
    hash.addLarge(listing.dividendsMicros);
    hash.addLarge(listing.borrowing.remainder);
    hash.addLarge(listing.borrowing.chargedMicros);
    hash.addLarge(position.costMicros);
    hash.addLarge(position.realisedMicros);
    hash.addLarge(fifo.realisedMicros);
    hash.add(fifo.open.length);
    hash.addLarge(reservedMicros);
    hash.add(lastTradeTicks);
    hash.add(resting.size);
    hash.add(waiting.size);
    hash.add(held.size);
    for (const [handle, { orderId }] of resting.entries()) {
      hash.add(listing.book.shownLotsOf(handle));
      const { blotter } = state;
      hash.add(blotter.receipts.tradedAhead(blotter.slotOf(orderId)));
    }
    for (const { orderId, progress } of waiting.values()) {
      hash.add(Number(orderId));
      hash.add(progress!.triggerTicks!);
    }
  }
}
