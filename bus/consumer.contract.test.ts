/** What a consumer may rely on, on every bus. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ConsumeOptions, Delivery } from './bus.ts';
import { subjects } from './subjects.ts';
import { fresh, onEveryBus, until } from './testing/every-bus.ts';

onEveryBus((busOf) => {
  describe('a consumer', () => {
    const options = (filter: string, more: Partial<ConsumeOptions>): ConsumeOptions => ({
      durable: `s-${randomUUID()}-1`,
      filter,
      startSequence: 1,
      maxAckPending: 1,
      ackWaitMs: 10_000,
      inactiveMs: 60_000,
      disposable: true,
      onMessage: async (delivery) => delivery.ack(),
      onLost: () => {},
      ...more,
    });
    const send = (subject: string, n: number) =>
      busOf().publish(subject, { n }, { stream: 'COMMANDS' });
    const numbers = (deliveries: Delivery[]) =>
      deliveries.map(({ body }) => (body as { n: number }).n);

    test('gets each message once, in order, from its start', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      await send(subject, 0);
      const { sequence } = await send(subject, 1);
      const seen: Delivery[] = [];
      const onMessage = async (delivery: Delivery) => {
        seen.push(delivery);
        delivery.ack();
      };
      const opened = await busOf().consume(
        'COMMANDS',
        options(subject, { onMessage, startSequence: sequence }),
      );
      for (let n = 2; n < 200; n++) await send(subject, n);
      await until(() => seen.length >= 199);
      await opened.stop();
      expect(numbers(seen)).toEqual(Array.from({ length: 199 }, (_, i) => i + 1));
      expect(seen[0]).toMatchObject({ sequence, deliveries: 1 });
    });

    test('is handed nothing more until the one before is settled', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const seen: Delivery[] = [];
      const opened = await busOf().consume(
        'COMMANDS',
        options(subject, { onMessage: async (delivery) => void seen.push(delivery) }),
      );
      await send(subject, 1);
      await send(subject, 2);
      await until(() => seen.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(numbers(seen)).toEqual([1]);
      seen[0]?.retry(50);
      await until(() => seen.length === 2);
      expect(numbers(seen)).toEqual([1, 1]);
      expect(seen[1]?.deliveries).toBe(2);
      seen[1]?.ack();
      await until(() => seen.length === 3);
      expect(numbers(seen)).toEqual([1, 1, 2]);
      await opened.stop();
    });

    test('gets again what was not settled in time or threw', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const seen: Delivery[] = [];
      const onMessage = async (delivery: Delivery) => {
        seen.push(delivery);
        if (seen.length === 1) throw new Error('first time');
        if (seen.length > 2) delivery.ack();
      };
      const opened = await busOf().consume(
        'COMMANDS',
        options(subject, { onMessage, ackWaitMs: 1_000 }),
      );
      await send(subject, 1);
      await until(() => seen.length === 3);
      expect(seen.map(({ deliveries }) => deliveries)).toEqual([1, 2, 3]);
      await opened.stop();
    });

    test('opens anew where its owner says, even under the same name', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const sequences = [];
      for (let n = 1; n <= 4; n++) sequences.push((await send(subject, n)).sequence);
      const durable = `s-${randomUUID()}-1`;
      const open = async (startSequence: number, seen: Delivery[]) =>
        busOf().consume(
          'COMMANDS',
          options(subject, {
            durable,
            startSequence,
            onMessage: async (delivery) => {
              seen.push(delivery);
              delivery.ack();
            },
          }),
        );
      const [first, second, third]: [Delivery[], Delivery[], Delivery[]] = [[], [], []];
      const one = await open(1, first);
      await until(() => first.length === 4);
      await one.stop();
      const two = await open(sequences[2] as number, second);
      await until(() => second.length === 2);
      await two.stop();
      const three = await open(sequences[2] as number, third);
      await until(() => third.length === 2);
      await three.stop();
      expect(numbers(second)).toEqual([3, 4]);
      expect(numbers(third)).toEqual([3, 4]);
    });

    test('tells its reader, once, when it is gone', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const durable = `s-${randomUUID()}-1`;
      let lost = 0;
      const opened = await busOf().consume(
        'COMMANDS',
        options(subject, { durable, onLost: () => void lost++ }),
      );
      await busOf().removeConsumer('COMMANDS', durable);
      await until(() => lost > 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(lost).toBe(1);
      await busOf().removeConsumer('COMMANDS', durable);
      await opened.stop();
    });

    test('stops only when its callback has ended', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      let running = false;
      const onMessage = async (delivery: Delivery) => {
        running = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
        delivery.ack();
        running = false;
      };
      const opened = await busOf().consume('COMMANDS', options(subject, { onMessage }));
      await send(subject, 1);
      await until(() => running);
      await opened.stop();
      expect(running).toBe(false);
    });
  });
});
