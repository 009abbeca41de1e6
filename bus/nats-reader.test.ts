import type { Msg } from 'nats';
import { expect, test } from 'vitest';
import { BusError } from './bus.ts';
import { type ReaderDoor, readStored } from './nats-reader.ts';

const FILTER = 'sandpit.v1.evt.>';

interface Stream {
  /** Sequences that the leader holds. */
  leader: number[];
  /** Up to here the server with the consumer has them. */
  copiedTo: number;
  isClustered: boolean;
  /** Told of each request for messages. */
  onPull?: (stream: Stream) => void;
}

/** A stream of several servers, as far as a reader sees of it. */
function doorTo(stream: Stream): ReaderDoor {
  let callback: (error: null, message: Msg) => void = () => {};
  let delivered = 0;
  let from = 1;
  const visible = () => stream.leader.filter((seq) => seq >= from && seq <= stream.copiedTo);
  const api = {
    async request(subject: string, body?: unknown): Promise<Record<string, unknown>> {
      const { config } = (body ?? {}) as { config?: { opt_start_seq: number } };
      const cluster = stream.isClustered ? { cluster: {} } : {};
      if (subject.startsWith('CONSUMER.CREATE')) {
        from = config!.opt_start_seq;
        return { config: config!, num_pending: visible().length, ...cluster };
      }
      if (subject.startsWith('CONSUMER.INFO')) return { num_pending: visible().length - delivered };
      if (!subject.startsWith('STREAM.MSG.GET')) return {};
      const seq = stream.leader.at(-1);
      if (seq !== undefined) return { message: { seq } };
      throw new BusError('refused', 'no message', { code: 404, err_code: 10037 });
    },
  };
  const nc = {
    subscribe(_: string, options: { callback: typeof callback }) {
      callback = options.callback;
      return { unsubscribe: () => {} };
    },
    publish(_: string, asked: Uint8Array) {
      const { batch } = JSON.parse(new TextDecoder().decode(asked)) as { batch: number };
      setImmediate(() => {
        stream.onPull?.(stream);
        const found = visible().slice(delivered, delivered + batch);
        for (const seq of found) callback(null, messageOf(seq, ++delivered));
        if (found.length < batch) callback(null, { headers: { code: 408 } } as unknown as Msg);
      });
    },
  };
  return { nc, api, inboxPrefix: '_INBOX' } as unknown as ReaderDoor;
}

const messageOf = (seq: number, consumerSequence: number) =>
  ({
    subject: 'sandpit.v1.evt.1.a.s',
    reply: `$JS.ACK.EVENTS.r.1.${seq}.${consumerSequence}.0.0`,
    data: new Uint8Array(),
  }) as unknown as Msg;

async function read(stream: Stream, from = 1, limit?: number): Promise<number[]> {
  const sequences: number[] = [];
  const options = { filter: FILTER, from, ...(limit !== undefined && { limit }) };
  for await (const { sequence } of readStored(doorTo(stream), 'EVENTS', options)) {
    sequences.push(sequence);
  }
  return sequences;
}

test('reads to the head', async () => {
  const stream = { leader: [1, 2, 5], copiedTo: 5, isClustered: false };
  expect(await read(stream)).toEqual([1, 2, 5]);
  expect(await read({ ...stream, isClustered: true })).toEqual([1, 2, 5]);
  expect(await read(stream, 2, 1)).toEqual([2]);
  expect(await read({ ...stream, isClustered: true }, 6)).toEqual([]);
  expect(await read({ leader: [], copiedTo: 0, isClustered: true })).toEqual([]);
});

test.each([0, 1, 3])('waits for a server whose copy ends at %i', async (copiedTo) => {
  let pulls = 0;
  const stream: Stream = {
    leader: [1, 2, 3, 4],
    copiedTo,
    isClustered: true,
    onPull(own) {
      pulls += 1;
      // By the next request it has caught up with one more.
      if (pulls > (copiedTo > 0 ? 1 : 0)) own.copiedTo += 1;
    },
  };
  expect(await read(stream)).toEqual([1, 2, 3, 4]);
  stream.copiedTo = 2;
  expect(await read({ ...stream, copiedTo: 2 }, 1, 3)).toEqual([1, 2, 3]);
});

test('one that does not catch up is no end of the stream', async () => {
  const stream = { leader: [1, 2, 3], copiedTo: 2, isClustered: true };
  await expect(read(stream)).rejects.toMatchObject({ failure: 'unknown' });
  await expect(read(stream, 3)).rejects.toMatchObject({ failure: 'unknown' });
});

test('what was purged meanwhile is not waited for', async () => {
  const stream: Stream = {
    leader: [1, 2, 3],
    copiedTo: 2,
    isClustered: true,
    onPull(own) {
      if (own.leader.length === 3) own.leader = [1, 2];
    },
  };
  expect(await read(stream)).toEqual([1, 2]);
});
