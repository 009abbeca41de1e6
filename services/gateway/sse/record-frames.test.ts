import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { riskAtStart } from '@sandpit/schemas/risk.ts';
import { expect, test } from 'vitest';
import type { VenueInfo } from '../../platform/venues.ts';
import { ACME, OPENS_AT_MS } from '../testing/market.ts';
import { frame, rawFrame } from './frame.ts';
import { type AccountState, recordFrames } from './record-frames.ts';

test('a frame is what the specification calls an event', () => {
  const gate = { gate: { state: 'healthy', reasons: ['line\nbreak'] } } as const;
  expect(frame('gate', gate as never).toString()).toBe(
    'event: gate\ndata: {"gate":{"state":"healthy","reasons":["line\\nbreak"]}}\n\n',
  );
  expect(frame('goaway', { reason: 'drain', retryMs: 1 }, 'x1-7').toString()).toMatch(
    /^event: goaway\nid: x1-7\ndata: /,
  );
  expect(rawFrame('quote', Buffer.from('{"a":1}')).toString()).toBe(
    'event: quote\ndata: {"a":1}\n\n',
  );
});

const venue = {
  simulatorId: 'sim',
  accountId: 'acc',
  opensAtMs: OPENS_AT_MS,
  instruments: new Map([['ACME', ACME]]),
} as unknown as VenueInfo;
const account = {
  currency: 'USD',
  startingCashMicros: 1_000_000_000,
  cashMicros: 900_000_000,
  reservedMicros: 0,
  realisedMicros: 0,
  feesMicros: 0,
};
const order = {
  orderId: '1',
  clientOrderId: 'c',
  symbol: 'ACME',
  quantityLots: 10,
  limitTicks: 1_000,
  filledLots: 10,
  leavesLots: 0,
  notionalMicros: 100_000_000,
  feesMicros: 0,
  createdNs: 0,
  updatedNs: 0,
};
const execution = {
  ...order,
  executionId: '1',
  priceTicks: 1_000,
  feeMicros: 0,
  realisedMicros: 0,
  atNs: 0,
};
const position = {
  symbol: 'ACME',
  quantityLots: 10,
  costMicros: 100_000_000,
  realisedMicros: 0,
  feesMicros: 0,
};

function framesOf(events: object[], extra: Partial<EventRecord> = {}, state?: AccountState) {
  const record = { type: 'turn', n: 7, epoch: 2, events, ...extra } as unknown as EventRecord;
  const known = state ?? { account: null, positions: new Map() };
  const { bytes, count } = recordFrames(record, 70, 'a-70', venue, known);
  const events_ = bytes
    .toString()
    .split('\n\n')
    .filter(Boolean)
    .map((block) => {
      const [event, id, data] = block.split('\n');
      return { event: event.slice(7), id: id.slice(4), ...JSON.parse(data.slice(6)) };
    });
  expect(events_).toHaveLength(count);
  return events_;
}

test('one record is several events with one id and one n, and only the final one is the last', () => {
  const frames = framesOf([
    { type: 'orderAccepted', order, causeId: 'o-c' },
    { type: 'orderFilled', order, execution, causeId: 'o-c' },
    { type: 'positionChanged', position },
    { type: 'accountChanged', account },
  ]);
  expect(frames.map(({ event, last }) => [event, last])).toEqual([
    ['order', false],
    ['execution', false],
    ['account', true],
  ]);
  for (const each of frames) expect(each).toMatchObject({ id: 'a-70', n: 7, sequence: 70 });
  expect(frames[2]).toMatchObject({
    account: { cash: '900.00', equity: '1000.00', exposure: '100.00', buyingPower: '900.00' },
    positions: [{ symbol: 'ACME', quantity: '10', averagePrice: '10.00' }],
  });
});

test.each`
  record                            | events                                                                  | extra                      | kind
  ${'a market step without effect'} | ${[]}                                                                   | ${{}}                      | ${['market']}
  ${'a new owner'}                  | ${[]}                                                                   | ${{ type: 'owner' }}       | ${['owner']}
  ${'a quarantined command'}        | ${[]}                                                                   | ${{ type: 'quarantined' }} | ${['quarantined']}
  ${'a refused command'}            | ${[{ type: 'commandRefused', reason: 'unknownOrder', causeId: 'c-1' }]} | ${{}}                      | ${['refused']}
  ${'a pause'}                      | ${[{ type: 'clockChanged', clock: { state: 'paused' }, causeId: 'p' }]} | ${{}}                      | ${['clock']}
`('$record still yields an event, so that n has no hole', ({ events, extra, kind }) => {
  const frames = framesOf(events, extra);
  expect(frames.map((each) => each.kind)).toEqual(kind);
  expect(frames.at(-1)).toMatchObject({ event: 'session', last: true, n: 7 });
});

test('a phase is told with its end and its reason, also where an older record says neither', () => {
  const opened = { type: 'phaseChanged', symbol: 'ACME', phase: 'continuous', causeId: null };
  const halted = {
    ...opened,
    phase: 'halted',
    endsNs: 90e9,
    haltReason: 'newsPending',
    causeId: 'h',
  };
  const endsAt = new Date(venue.opensAtMs + 90_000).toISOString();
  const usual = { symbol: 'ACME', auctionExtensions: 0 };
  expect(framesOf([opened, { ...halted, extensions: 2 }])).toMatchObject([
    {
      event: 'session',
      kind: 'phase',
      phase: { ...usual, phase: 'continuous', endsAt: null, haltReason: null },
    },
    {
      kind: 'phase',
      causeId: 'h',
      phase: {
        symbol: 'ACME',
        phase: 'halted',
        endsAt,
        haltReason: 'newsPending',
        auctionExtensions: 2,
      },
      last: true,
    },
  ]);
});

test('a dividend is told with the position that it is for', () => {
  const dividendPaid = {
    symbol: 'ACME',
    amount: '0.24',
    quantityLots: -10,
    cashMicros: -2_400_000,
  };
  expect(framesOf([{ type: 'dividendPaid', ...dividendPaid, causeId: null }])).toMatchObject([
    {
      event: 'session',
      kind: 'dividend',
      dividend: { symbol: 'ACME', amount: '0.24', quantity: '-10', cash: '-2.40' },
      last: true,
    },
  ]);
});

test('another fee schedule is told with its numbers', () => {
  const fees = FEE_SCHEDULES[1]!;
  expect(framesOf([{ type: 'feesChanged', fees, causeId: null }])).toMatchObject([
    { event: 'session', kind: 'fees', fees, last: true },
  ]);
});

test('a split is told with its ratio and what it did to the position', () => {
  const stockSplit = {
    ...{ symbol: 'ACME', newUnits: 3, oldUnits: 2, priceTicks: 6_700 },
    ...{ fromLots: 101, quantityLots: 151, cashMicros: 33_500_000, realisedMicros: 0 },
  };
  expect(
    framesOf([{ type: 'stockSplit', ...stockSplit, atNs: 9e11, causeId: null }]),
  ).toMatchObject([
    {
      event: 'session',
      kind: 'split',
      split: {
        ...{ symbol: 'ACME', newUnits: 3, oldUnits: 2, priceFactor: 2 / 3 },
        ...{ fromQuantity: '101', quantity: '151', cash: '33.50' },
      },
      last: true,
    },
  ]);
});

test('a position that did not change is not sent again, but counts in the exposure', () => {
  const state: AccountState = { account: null, positions: new Map() };
  framesOf(
    [
      { type: 'positionChanged', position },
      { type: 'accountChanged', account },
    ],
    {},
    state,
  );
  const [frame] = framesOf([{ type: 'accountChanged', account }], {}, state);
  expect(frame).toMatchObject({ event: 'account', positions: [], account: { exposure: '100.00' } });
});

test('limits and kill switches are told as the trader sees them, with what they ended', () => {
  const killSwitches = [{ scope: 'account', by: 'operator', reason: 'drill' }];
  const risk = { ...riskAtStart('learner'), killSwitches };
  const frames = framesOf([
    { type: 'riskChanged', risk, causeId: 'k' },
    { type: 'orderCanceled', order, causeId: 'k' },
  ]);
  expect(frames).toMatchObject([
    {
      event: 'session',
      kind: 'risk',
      causeId: 'k',
      last: false,
      risk: { tier: 'learner', limits: { maxOrderNotional: '25000.00' }, killSwitches },
    },
    { event: 'order', last: true },
  ]);
});
