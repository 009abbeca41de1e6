/** Market data goes out here, stamped with the owner's epoch, so that readers can drop a zombie's. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { PendingFrame } from '../venue/venue.ts';

const encoder = new TextEncoder();

/** Announces frames in their order. Core NATS: what nobody hears is gone, and can be derived again. */
export function publishFrames(
  bus: Bus,
  address: SimulatorAddress,
  epoch: number,
  frames: readonly PendingFrame[],
): void {
  for (const { symbol, channel, frame } of frames) {
    const body = encoder.encode(JSON.stringify({ ...frame, epoch }));
    bus.announce(subjects.marketData(address, symbol, channel), body);
  }
}
