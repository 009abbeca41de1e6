/** Tests that every bus has to pass: on the real one and on the one in memory. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type Bus, BusError } from '../bus.ts';
import { MemoryBus } from '../memory-bus.ts';
import { hostScheduler } from '../memory-scheduler.ts';
import { MemoryServer } from '../memory-server.ts';
import { connectBus } from '../nats-bus.ts';
import { ensureStreams } from '../streams.ts';

const buses = {
  nats: async (): Promise<Bus> => {
    const bus = await connectBus({ servers: inject('servers').natsUrl, name: 'contract' });
    await ensureStreams(bus);
    return bus;
  },
  memory: async (): Promise<Bus> => new MemoryBus(new MemoryServer({ scheduler: hostScheduler })),
};

/** @param tests  Told how to get at the bus, which is there once a test runs. */
export function onEveryBus(tests: (busOf: () => Bus) => void): void {
  describe.each(Object.keys(buses) as (keyof typeof buses)[])('the %s bus', (kind) => {
    let bus: Bus;
    beforeAll(async () => {
      bus = await buses[kind]();
    });
    afterAll(() => bus?.close());
    tests(() => bus);
  });
}

/** A simulator nobody else uses. */
export const fresh = () => ({ accountId: 'acc', simulatorId: randomUUID() });
export const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof BusError ? error.failure : String(error)),
  );
export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (data: Uint8Array | null | undefined) =>
  data ? new TextDecoder().decode(data) : null;

export async function until(holds: () => boolean, limitMs = 8_000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
