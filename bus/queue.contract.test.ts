/** Followers that share the messages of a subject, on the real bus and on the one in memory. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Bus, LiveMessage } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import { hostScheduler } from './memory-scheduler.ts';
import { MemoryServer } from './memory-server.ts';
import { connectBus } from './nats-bus.ts';
import { subjects } from './subjects.ts';

const buses = {
  nats: (): Promise<Bus> => connectBus({ servers: inject('servers').natsUrl, name: 'queue' }),
  memory: async (): Promise<Bus> => new MemoryBus(new MemoryServer({ scheduler: hostScheduler })),
};
const bytes = (text: string) => new TextEncoder().encode(text);

async function until(holds: () => boolean, limitMs = 8_000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(Object.keys(buses) as (keyof typeof buses)[])('a queue on the %s bus', (kind) => {
  let bus: Bus;
  beforeAll(async () => {
    bus = await buses[kind]();
  });
  afterAll(() => bus.close());

  test('gives each message to one of its members; a stop keeps nothing back', async () => {
    const address = { accountId: 'acc', simulatorId: randomUUID() };
    const subject = subjects.request(address, '*');
    const heard: string[][] = [[], [], []];
    const note = (at: number) => (message: LiveMessage) => heard[at]?.push(String(message.body));
    const [first, second] = [0, 1].map((at) => bus.follow(subject, note(at), { queue: 'doors' }));
    bus.follow(subject, note(2), { queue: 'others' });
    await bus.ping();
    const say = (from: number, to: number) => {
      for (let n = from; n < to; n++) {
        bus.announce(subjects.request(address, 'submitOrder'), bytes(`"${n}"`));
      }
    };
    say(0, 100);
    await until(() => heard.flat().length >= 200);
    const [one, two, others] = heard as [string[], string[], string[]];
    expect(one.length).toBeGreaterThan(10);
    expect(two.length).toBeGreaterThan(10);
    const all = Array.from({ length: 100 }, (_, n) => `${n}`);
    expect([...one, ...two].sort()).toEqual([...all].sort());
    expect(others).toEqual(all);
    // Sent before the stop, so it comes to one of them all the same.
    say(100, 150);
    await first?.stop();
    const before = one.length;
    await until(() => one.length + two.length >= 150);
    say(150, 200);
    await until(() => one.length + two.length >= 200);
    expect(one).toHaveLength(before);
    await second?.stop();
  });
});
