import type { Gate, GateState } from '@sandpit/schemas/http.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { OrderStamp } from '@sandpit/schemas/order-stamp.ts';
import { describe, expect, test, vi } from 'vitest';
import type { Caller } from '../platform/caller.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { Passage } from './passage.ts';
import { gateFor, type Stamp, stampOf, timingOf } from './stamp.ts';
import { acme } from './testing/tickets.ts';

const NOW = Date.UTC(2026, 0, 5, 14, 30);
/** "5 s ago" as a stamp says it. */
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1_000).toISOString();
const stamp = (sentAgo: number, seenAgo: number | null, windowMs = 5_000): Stamp => ({
  sentAtMs: NOW - sentAgo * 1_000,
  seenAtMs: seenAgo === null ? null : NOW - seenAgo * 1_000,
  windowMs,
});

describe('what a request says of its time', () => {
  test('without a stamp it says nothing', () => {
    expect(stampOf({})).toEqual({ value: null, errors: null });
  });

  test('the window is five seconds unless it names one', () => {
    expect(stampOf({ sentAt: at(1) }).value).toEqual(stamp(1, null));
    const given = { sentAt: at(1), seenAt: at(1.5), receiveWindowMs: 900 };
    expect(stampOf(given).value).toEqual(stamp(1, 1.5, 900));
  });

  test.each`
    given                                                                         | paths
    ${{ seenAt: at(1) }}                                                          | ${['seenAt']}
    ${{ receiveWindowMs: 900, seenAt: at(1) }}                                    | ${['seenAt', 'receiveWindowMs']}
    ${{ sentAt: at(2), seenAt: at(1) }}                                           | ${['seenAt']}
    ${{ sentAt: '2026-13-45T14:30:00.000Z' }}                                     | ${['sentAt']}
    ${{ sentAt: at(2), seenAt: '2026-01-05T25:61:00.000Z' }}                      | ${['seenAt']}
    ${{ sentAt: '2026-99-05T00:00:00.000Z', seenAt: '2026-01-05T24:61:00.000Z' }} | ${['sentAt', 'seenAt']}
  `('$given: wrong is $paths', ({ given, paths }) => {
    expect(stampOf(given).errors?.map(({ path }) => path)).toEqual(paths);
  });

  test.each`
    sentAgo  | windowMs  | timing
    ${0}     | ${5_000}  | ${'good'}
    ${5}     | ${5_000}  | ${'good'}
    ${5.001} | ${5_000}  | ${'late'}
    ${5.001} | ${30_000} | ${'good'}
    ${0.2}   | ${100}    | ${'late'}
    ${-1}    | ${5_000}  | ${'good'}
    ${-1.1}  | ${5_000}  | ${'ahead'}
  `('sent $sentAgo s ago with a window of $windowMs ms: $timing', (row) => {
    expect(timingOf(stamp(row.sentAgo, null, row.windowMs), NOW)).toBe(row.timing);
  });
});

const gate = (state: GateState, ...reasons: string[]): Gate => ({ state, reasons });

test.each`
  connection      | sentAgo | seenAgo  | windowMs  | order           | why
  ${'healthy'}    | ${1}    | ${2}     | ${5_000}  | ${'healthy'}    | ${'fresh, and in sight'}
  ${'reduceOnly'} | ${1}    | ${2}     | ${5_000}  | ${'healthy'}    | ${'it proves the connection'}
  ${'closed'}     | ${4.9}  | ${16.8}  | ${5_000}  | ${'healthy'}    | ${'up to 12 s are still in sight'}
  ${'healthy'}    | ${1}    | ${13}    | ${5_000}  | ${'reduceOnly'} | ${'sent blind'}
  ${'healthy'}    | ${1}    | ${12.99} | ${5_000}  | ${'healthy'}    | ${'just not blind'}
  ${'healthy'}    | ${1}    | ${31}    | ${5_000}  | ${'closed'}     | ${'blind for long'}
  ${'closed'}     | ${1}    | ${13}    | ${5_000}  | ${'closed'}     | ${'the worse of two'}
  ${'reduceOnly'} | ${6}    | ${7}     | ${30_000} | ${'reduceOnly'} | ${'a long window proves nothing'}
  ${'reduceOnly'} | ${1}    | ${null}  | ${5_000}  | ${'reduceOnly'} | ${'it does not say what it saw'}
`('$connection, sent $sentAgo s and seen $seenAgo s ago: $order ($why)', (row) => {
  const given = stamp(row.sentAgo, row.seenAgo, row.windowMs);
  expect(gateFor(gate(row.connection, 'why'), given, NOW).state).toBe(row.order);
});

test('no stamp opens a session that has ended, nor changes what is judged without one', () => {
  for (const reason of ['sessionExpired', 'sessionClosed']) {
    const ended = gate('closed', reason);
    expect(gateFor(ended, stamp(0, 0), NOW)).toBe(ended);
  }
  const closed = gate('closed', 'heartbeatLate');
  expect(gateFor(closed, null, NOW)).toBe(closed);
});

describe('the passage', () => {
  const caller: Caller = { accountId: 'acc', token: 'token', correlationId: 'corr' };
  const venue = {
    sessionId: 'ses',
    instruments: new Map([['ACME', acme]]),
  } as unknown as VenueInfo;
  const ticket = (side: 'buy' | 'sell') =>
    ({ symbol: 'ACME', side, quantityLots: 10 }) as unknown as OrderTicket;

  function passage(connection: Gate) {
    const positions = vi.fn(async () => [{ symbol: 'ACME', quantity: '1' }] as never);
    const inner = new Passage({ gate: async () => connection, positions }, () => NOW);
    const pass = async (given: OrderStamp, side: 'buy' | 'sell' = 'buy') =>
      inner.pass(caller, venue, [ticket(side)], inner.inTime(given));
    return { inner, pass, positions };
  }

  test('an old order is refused as stale, and told how old it is', async () => {
    const { pass } = passage(gate('healthy'));
    await expect(pass({ sentAt: at(6.2), seenAt: at(6.3) })).rejects.toMatchObject({
      type: 'staleOrder',
      code: 403,
      message: expect.stringContaining('6.2 s old and was meant for 5.0 s'),
    });
    await expect(pass({ sentAt: at(6.2), receiveWindowMs: 9_000 })).resolves.toBeUndefined();
  });

  test('a clock that is ahead is told so, by the field', async () => {
    const { pass } = passage(gate('healthy'));
    await expect(pass({ sentAt: at(-3.1) })).rejects.toMatchObject({
      type: 'validationFailed',
      data: { errors: [{ path: 'sentAt', message: expect.stringContaining('3.1 s ahead') }] },
    });
  });

  test('a fresh one passes a gate that is shut for what was before it', async () => {
    const { pass, positions } = passage(gate('closed', 'heartbeatLate'));
    await expect(pass({ sentAt: at(0.2), seenAt: at(0.5) })).resolves.toBeUndefined();
    await expect(pass({})).rejects.toMatchObject({ type: 'orderGateClosed' });
    expect(positions).not.toHaveBeenCalled();
  });

  test('one that was sent blind may reduce, and nothing else', async () => {
    const { pass } = passage(gate('healthy'));
    const blind = { sentAt: at(0.2), seenAt: at(14) };
    await expect(pass(blind, 'buy')).rejects.toMatchObject({
      type: 'orderGateClosed',
      message: expect.stringContaining('feedStale'),
    });
    await expect(pass(blind, 'sell')).resolves.toBeUndefined();
  });

  test('turning a position is opening one', async () => {
    const { inner } = passage(gate('reduceOnly', 'recovering'));
    const turn = (given: OrderStamp) => inner.passOpening(caller, venue, inner.inTime(given));
    await expect(turn({})).rejects.toMatchObject({ type: 'orderGateClosed' });
    await expect(turn({ sentAt: at(0.1), seenAt: at(0.2) })).resolves.toBeUndefined();
    const ended = passage(gate('closed', 'sessionExpired')).inner;
    const given = { sentAt: at(0.1), seenAt: at(0.2) };
    await expect(ended.passOpening(caller, venue, ended.inTime(given))).rejects.toMatchObject({
      type: 'sessionExpired',
    });
  });
});
