import type { EventRecord } from '@sandpit/schemas/record.ts';
import { describe, expect, test } from 'vitest';
import { checkGuards } from './guard-law.ts';
import type { GuardWatch, SimulatorHistory } from './history.ts';

const LEFT_MS = Date.parse('2026-01-05T15:00:00.000Z');
const GRACE_MS = 5_000;
const GUARD: GuardWatch = {
  cause: 'disconnect',
  keepGtc: true,
  leftAtMs: LEFT_MS,
  graceMs: GRACE_MS,
  latestMs: LEFT_MS + 20_000,
};

interface Line {
  afterMs: number;
  /** `id timeInForce status reason` of each order that changes. */
  orders?: string[];
  cancels?: { cause?: 'disconnect' | 'deadMan'; keepGtc?: boolean };
  /** By the market, in the turn of the cancel: before it. */
  market?: string[];
}

const event = (causeId: string | null) => (line: string) => {
  const [orderId, timeInForce, status, rejectReason = null] = line.split(' ');
  return { type: 'orderCanceled', causeId, order: { orderId, timeInForce, status, rejectReason } };
};

function recordsOf(lines: readonly Line[]): SimulatorHistory['records'] {
  return lines.map(({ afterMs, orders = [], cancels, market = [] }, i) => {
    const n = i + 1;
    const body = { type: 'cancelAll', symbol: null, side: null, ...cancels };
    const command = { commandId: `c${n}`, body };
    return {
      sequence: n,
      body: {
        n,
        wallAt: new Date(LEFT_MS + afterMs).toISOString(),
        commands: cancels ? [{ sequence: n, command }] : [],
        events: [...market.map(event(null)), ...orders.map(event(`c${n}`))],
      } as unknown as EventRecord,
    };
  });
}

const OPEN: Line = { afterMs: -9_000, orders: ['1 day new', '2 gtc new', '3 day new'] };
const CANCEL: Line = {
  afterMs: 5_200,
  cancels: { cause: 'disconnect', keepGtc: true },
  orders: ['1 day canceled sessionDisconnected', '3 day canceled sessionDisconnected'],
};

const faults = (lines: readonly Line[], guard: GuardWatch | null = GUARD) =>
  checkGuards({ guard, records: recordsOf(lines) } as SimulatorHistory).breaches;

describe('a trader who left', () => {
  test('whose orders were canceled once and in time, but for those that were to stay', () => {
    expect(faults([OPEN, CANCEL])).toEqual([]);
  });

  test('has canceled by himself before: that is his', () => {
    const own: Line = { afterMs: -2_000, cancels: {}, orders: ['1 day canceled'] };
    const rest = { ...CANCEL, orders: ['3 day canceled sessionDisconnected'] };
    expect(faults([OPEN, own, rest])).toEqual([]);
  });

  test('whose order was filled by the market in the same turn', () => {
    const orders = ['3 day canceled sessionDisconnected'];
    expect(faults([OPEN, { ...CANCEL, market: ['1 day filled', '2 gtc filled'], orders }])).toEqual(
      [],
    );
  });

  test.each<[string, Line[], RegExp]>([
    ['whom nobody canceled', [OPEN], /nothing was canceled/],
    ['twice', [OPEN, CANCEL, { ...CANCEL, afterMs: 9_000, orders: [] }], /canceled 2 times/],
    ['too early', [OPEN, { ...CANCEL, afterMs: 2_500 }], /before 5000 ms/],
    ['too late', [OPEN, { ...CANCEL, afterMs: 20_500 }], /500 ms too late/],
    [
      'for another cause',
      [OPEN, { ...CANCEL, cancels: { cause: 'deadMan', keepGtc: true } }],
      /because of deadMan/,
    ],
    [
      'who wanted his lasting orders kept, and lost one',
      [OPEN, { ...CANCEL, orders: [...CANCEL.orders!, '2 gtc canceled sessionDisconnected'] }],
      /order 2 \(gtc\) was to stay and is canceled/,
    ],
    [
      'and wanted none kept, but one was',
      [OPEN, { ...CANCEL, cancels: { cause: 'disconnect', keepGtc: false } }],
      /keepGtc false/,
    ],
    [
      'whose order was forgotten',
      [OPEN, { ...CANCEL, orders: [CANCEL.orders![0]!] }],
      /order 3 \(day\) was to be canceled and is new/,
    ],
    [
      'whose order ended for no reason',
      [OPEN, { ...CANCEL, orders: [CANCEL.orders![0]!, '3 day canceled'] }],
      /order 3 \(day\) ended as null/,
    ],
  ])('%s', (_, lines, words) => {
    expect(faults(lines).join('\n')).toMatch(words);
  });
});

test.each([null, { ...GUARD, leftAtMs: null }])('whoever is there is left alone (%j)', (guard) => {
  expect(faults([OPEN], guard)).toEqual([]);
  expect(faults([OPEN, CANCEL], guard)).toEqual(['record 2: disconnect of somebody who was there']);
});
