/** Market data for a client that resumes at a gateway that has only just begun to listen. */
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import { expect, test } from 'vitest';
import type { Attachment } from './attachment.ts';
import { catchUp } from './catch-up.ts';
import type { Stream } from './stream.ts';

interface Market {
  symbol: string;
  channel: string;
  bytes: Buffer;
}

const INCARNATION = 'i1';
const frameOf = (channel: string, symbol: string, from: string): Market => ({
  symbol,
  channel,
  bytes: Buffer.from(`${channel} ${symbol} ${from}`),
});

/** Resumes at record 7 of 7, and publishes `meanwhile` while the worker is asked. */
async function resume(latest: Market[], meanwhile: Market[]): Promise<string[]> {
  const sent: string[] = [];
  const stream = {
    closed: false,
    position: 0,
    record: () => {},
    market: (symbol: string, channel: string, bytes: Buffer) => {
      const from = /meanwhile|latest/.exec(bytes.toString())?.[0] ?? 'answer';
      sent.push(`${channel} ${symbol} ${from}`);
    },
  } as unknown as Stream;
  const attachment = {
    incarnation: INCARNATION,
    log: { headSequence: 7, ringAfter: 0, after: () => [] },
    streams: new Set<Stream>(),
    latestMarket: () => latest,
    learn: () => {},
  } as unknown as Attachment;
  const snapshot = async () => {
    for (const frame of meanwhile) {
      latest.push(frame);
      for (const each of attachment.streams) {
        each.market(frame.symbol, frame.channel as 'quote', frame.bytes);
      }
    }
    const header = { sequence: 1, epoch: 1, at: '' };
    const symbols = ['ACME', 'LUMA'].map((symbol) => ({ ...header, symbol }));
    return { quotes: symbols, books: symbols } as unknown as SnapshotFrame;
  };
  const bus = { streamState: async () => ({ incarnation: INCARNATION, firstSequence: 1 }) };
  const sources = { bus: bus as never, snapshot };
  const way = await catchUp(stream, attachment, { incarnation: INCARNATION, sequence: 7 }, sources);
  expect(way).toBe('ring');
  return sent;
}

test('it is shown what was published last, without asking', async () => {
  expect(await resume([frameOf('quote', 'ACME', 'latest')], [])).toEqual(['quote ACME latest']);
});

test('nothing was published yet: the worker is asked', async () => {
  expect(await resume([], [])).toEqual([
    'quote ACME answer',
    'quote LUMA answer',
    'book ACME answer',
    'book LUMA answer',
  ]);
});

test('what is published while the worker is asked is not followed by its older answer', async () => {
  expect(await resume([], [frameOf('quote', 'LUMA', 'meanwhile')])).toEqual([
    'quote LUMA meanwhile',
    'quote ACME answer',
    'book ACME answer',
    'book LUMA answer',
  ]);
});
