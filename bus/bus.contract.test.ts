/** What every bus keeps: the fence, de-duplication, limits, reading, and records as they happen. */

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { appendRecord } from './append.ts';
import type { LiveMessage } from './bus.ts';
import { COMMANDS_PER_SIMULATOR_MAX, type StreamName } from './streams.ts';
import { subjects } from './subjects.ts';
import { bytes, failure, fresh, onEveryBus, until } from './testing/every-bus.ts';

onEveryBus((busOf) => {
  const event = (address = fresh()) => subjects.event(address);
  const put = (subject: string, body: unknown, after?: number, id?: string) =>
    busOf().publish(subject, body, {
      stream: 'EVENTS',
      ...(after !== undefined && { after }),
      ...(id !== undefined && { id }),
    });
  const stored = async (stream: StreamName, filter: string, from = 1, limit?: number) => {
    const found: unknown[] = [];
    for await (const message of busOf().read(stream, { filter, from, ...(limit && { limit }) })) {
      found.push(message.body);
    }
    return found;
  };

  describe('the fence', () => {
    test('takes a record only behind the one its writer knows', async () => {
      const subject = event();
      const { sequence } = await put(subject, { n: 1 }, 0);
      expect(await failure(put(subject, { n: 2 }, 0))).toBe('conflict');
      await put(event(), { other: true }, 0);
      const second = await put(subject, { n: 2 }, sequence);
      expect(second.sequence).toBeGreaterThan(sequence);
      expect(await failure(put(subject, { n: 3 }, sequence))).toBe('conflict');
      expect(await stored('EVENTS', subject)).toEqual([{ n: 1 }, { n: 2 }]);
    });

    test('lets one of many writers through', async () => {
      const subject = event();
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, writer) => failure(put(subject, { writer }, 0))),
      );
      expect(tries.filter((outcome) => outcome === 'none')).toHaveLength(1);
      expect(await stored('EVENTS', subject)).toHaveLength(1);
    });
  });

  describe('de-duplication', () => {
    test('stores an id once, across all subjects of the stream', async () => {
      const [subject, other] = [event(), event()];
      const id = randomUUID();
      const first = await put(subject, { n: 1 }, undefined, id);
      expect(first.duplicate).toBe(false);
      expect(await put(subject, { n: 1 }, undefined, id)).toEqual({ ...first, duplicate: true });
      expect(await put(other, { n: 1 }, undefined, id)).toEqual({ ...first, duplicate: true });
      expect(await busOf().last('EVENTS', other)).toBeNull();
    });

    test('a repeat of a stored record is recognised whatever the server calls it', async () => {
      const subject = event();
      const options = (hash: string) => ({
        id: `${subject}:1`,
        after: 0,
        timeoutMs: 1_000,
        giveUpAtMs: Date.now() + 1_000,
        nowMs: Date.now,
        sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
        isMine: (message: { body: unknown }) => (message.body as { hash: string }).hash === hash,
      });
      const append = (hash: string) =>
        appendRecord(busOf(), 'EVENTS', subject, { hash }, options(hash));
      const first = await append('mine');
      expect(first.outcome).toBe('committed');
      expect(await append('mine')).toEqual(first);
      expect(await append('theirs')).toMatchObject({ outcome: 'fenced' });
      // Without the id, only the expected sequence is left to stop it.
      expect(
        await appendRecord(
          busOf(),
          'EVENTS',
          subject,
          { hash: 'mine' },
          {
            ...options('mine'),
            id: randomUUID(),
          },
        ),
      ).toEqual(first);
      expect(await stored('EVENTS', subject)).toEqual([{ hash: 'mine' }]);
    });
  });

  test('a full simulator is refused, its neighbours are not, and a purge makes room', async () => {
    const [subject, neighbour] = [
      subjects.command(fresh(), 'newOrder'),
      subjects.command(fresh(), 'newOrder'),
    ];
    const command = (to: string) => busOf().publish(to, {}, { stream: 'COMMANDS' });
    const all = Array.from({ length: COMMANDS_PER_SIMULATOR_MAX }, () => command(subject));
    const newest = Math.max(...(await Promise.all(all)).map(({ sequence }) => sequence));
    expect(await failure(command(subject))).toBe('full');
    expect(await failure(command(neighbour))).toBe('none');
    await busOf().purge('COMMANDS', subject, newest);
    expect(await failure(command(subject))).toBe('none');
  });

  test('both lanes of a simulator are one queue, and a full one leaves room in the other', async () => {
    const address = fresh();
    const publish = (type: 'newOrder' | 'cancelOrder', n: number) =>
      busOf().publish(subjects.command(address, type), { n }, { stream: 'COMMANDS' });
    const orders = Array.from({ length: COMMANDS_PER_SIMULATOR_MAX - 1 }, () =>
      publish('newOrder', 0),
    );
    await Promise.all(orders);
    const before = (await busOf().last('COMMANDS', subjects.commands(address)))!.sequence;
    await publish('cancelOrder', 1);
    await publish('newOrder', 2);
    expect(await failure(publish('newOrder', 3))).toBe('full');
    const last = await publish('cancelOrder', 4);
    const filter = subjects.commands(address);
    const seen: unknown[] = [];
    for await (const { body } of busOf().read('COMMANDS', { filter, from: before + 1 })) {
      seen.push((body as { n: number }).n);
    }
    expect(seen).toEqual([1, 2, 4]);
    expect(await busOf().last('COMMANDS', filter)).toMatchObject({ sequence: last.sequence });
    await busOf().purge('COMMANDS', filter, last.sequence + 1);
    expect(await busOf().subjects('COMMANDS', filter)).toEqual(new Map());
    expect(await failure(publish('newOrder', 5))).toBe('none');
  });

  test('a message for another stream, or too large, is refused', async () => {
    const wrongStream = busOf().publish(event(), {}, { stream: 'COMMANDS' });
    expect(await failure(wrongStream)).toBe('refused');
    const large = busOf().publish(
      subjects.command(fresh(), 'newOrder'),
      new Uint8Array(17 * 1024),
      {
        stream: 'COMMANDS',
      },
    );
    expect(await failure(large)).toBe('refused');
  });

  describe('reading', () => {
    test('goes from a sequence to the head of that moment, over one subject or many', async () => {
      const address = fresh();
      const subject = event(address);
      const sequences: number[] = [];
      for (let n = 1; n <= 5; n++) {
        sequences.push((await put(subject, { n })).sequence);
        await put(event(), { other: n });
      }
      expect(await stored('EVENTS', subject)).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
      expect(await stored('EVENTS', subject, sequences[2])).toEqual([3, 4, 5].map((n) => ({ n })));
      expect(await stored('EVENTS', subject, 1, 2)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await stored('EVENTS', 'sandpit.v1.evt.>', sequences[3])).toHaveLength(4);
      const head = (await busOf().streamState('EVENTS')).lastSequence;
      expect(await stored('EVENTS', subject, head + 100)).toEqual([]);
      expect(await stored('EVENTS', event())).toEqual([]);
      expect(await failure(stored('EVENTS', subject, 0))).toBe('refused');
    });

    test('ends there at once, even if others go on writing', async () => {
      const subject = event();
      for (let n = 1; n <= 3; n++) await put(subject, { n });
      const startedMs = performance.now();
      const seen: unknown[] = [];
      for await (const message of busOf().read('EVENTS', { filter: subject, from: 1 })) {
        seen.push(message.body);
        await put(subject, { late: seen.length });
      }
      expect(seen).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    test('hands over thousands, in order, with what was stored beside them', async () => {
      const subject = subjects.deadLetter(fresh());
      const count = 1_500;
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          busOf().publish(subject, { n }, { stream: 'DEADLETTERS', headers: { 'X-N': `${n}` } }),
        ),
      );
      let expected = 0;
      for await (const message of busOf().read('DEADLETTERS', { filter: subject, from: 1 })) {
        expect(message.body).toEqual({ n: expected });
        expect(message.headers['X-N']).toBe(`${expected}`);
        expect(Math.abs(Date.now() - message.storedAtMs)).toBeLessThan(60_000);
        expected++;
      }
      expect(expected).toBe(count);
    });

    test('the newest message, the subjects and the stream itself can be asked for', async () => {
      const address = fresh();
      const subject = event(address);
      expect(await busOf().last('EVENTS', subject)).toBeNull();
      await put(subject, { n: 1 });
      const { sequence } = await busOf().publish(
        subject,
        { n: 2 },
        { stream: 'EVENTS', headers: { 'Sandpit-Correlation-Id': 'c-1' } },
      );
      const last = await busOf().last('EVENTS', subject);
      expect(last).toMatchObject({ subject, sequence, body: { n: 2 } });
      expect(last?.headers['Sandpit-Correlation-Id']).toBe('c-1');
      const filter = `sandpit.v1.evt.*.*.${address.simulatorId}`;
      expect(await busOf().subjects('EVENTS', filter)).toEqual(new Map([[subject, 2]]));
      const state = await busOf().streamState('EVENTS');
      expect(state.lastSequence).toBe(sequence);
      expect(state.incarnation).toMatch(/^[0-9a-z]+$/);
    });

    test('a purge never takes the newest message', async () => {
      const subject = event();
      await put(subject, { n: 1 }, 0);
      const { sequence } = await put(subject, { n: 2 });
      await busOf().purge('EVENTS', subject, Number.MAX_SAFE_INTEGER);
      expect(await stored('EVENTS', subject)).toEqual([{ n: 2 }]);
      // Were it empty, anybody could write a second first record.
      expect(await failure(put(subject, { genesis: true }, 0))).toBe('conflict');
      expect((await busOf().last('EVENTS', subject))?.sequence).toBe(sequence);
    });
  });

  describe('live records', () => {
    test('carry what was stored and nothing else, with their place in the log', async () => {
      const address = fresh();
      const subject = event(address);
      const live: LiveMessage[] = [];
      const following = busOf().follow(subjects.live(address), (message) => live.push(message));
      await busOf().ping();
      const id = randomUUID();
      const first = await put(subject, { n: 1 }, 0, id);
      await put(subject, { n: 1 }, 0, id);
      await failure(put(subject, { n: 'refused' }, 0));
      const second = await put(subject, { n: 2 }, first.sequence);
      await until(() => live.length >= 2);
      await busOf().ping();
      expect(live.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(live[1]?.headers).toMatchObject({
        'Nats-Sequence': `${second.sequence}`,
        'Nats-Last-Sequence': `${first.sequence}`,
      });
      await following.stop();
      await put(subject, { n: 3 });
      await busOf().ping();
      expect(live).toHaveLength(2);
    });

    test('what is announced reaches whoever listens, and is not stored', async () => {
      const address = fresh();
      const heard: unknown[] = [];
      busOf().follow(`sandpit.v1.md.*.${address.accountId}.${address.simulatorId}.>`, ({ body }) =>
        heard.push(body),
      );
      await busOf().ping();
      busOf().announce(subjects.marketData(address, 'ACME', 'quote'), bytes('{"mid":1}'));
      await until(() => heard.length === 1);
      expect(heard).toEqual([{ mid: 1 }]);
    });
  });
});
