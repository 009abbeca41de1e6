/** Market data goes out here, stamped with the owner's epoch, so that readers can drop a zombie's. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { PendingFrame } from '../venue/venue.ts';

const encoder = new TextEncoder();

/**
 * Announces frames in their order. Core NATS: what nobody hears is gone, and can be derived again.
 *
 * @param onUnheard  Called when nobody heard the last of them; null = not asked.
 */
export function publishFrames(
  bus: Bus,
  address: SimulatorAddress,
  epoch: number,
  frames: readonly PendingFrame[],
  onUnheard: (() => void) | null = null,
): void {
  for (const [i, { symbol, channel, frame }] of frames.entries()) {
    const body = encoder.encode(JSON.stringify({ ...frame, epoch }));
    const subject = subjects.marketData(address, symbol, channel);
    if (onUnheard && i === frames.length - 1) bus.offer(subject, body, onUnheard);
    else bus.announce(subject, body);
  }
}
