import type { Account, Position } from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { expect, test } from 'vitest';
import { accountView } from './account-views.ts';
import {
  executionView,
  markHalfTicks,
  markText,
  orderView,
  positionView,
  simulatedIso,
} from './views.ts';

const OPENS_AT_MS = Date.UTC(2026, 0, 5, 14, 30);
const acme: Instrument = {
  symbol: 'ACME',
  name: 'Acme',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 10_000,
  makerFeePpm: 0,
  takerFeePpm: 100,
  collarPpm: 100_000,
  shortable: true,
};
const coin: Instrument = { ...acme, symbol: 'BTC-USD', lotSize: '0.0001', tickValueMicros: 1 };

const order = {
  orderId: '7',
  clientOrderId: 'a-1',
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  timeInForce: 'day',
  postOnly: false,
  quantityLots: 300,
  limitTicks: 18_005,
  filledLots: 3,
  leavesLots: 297,
  notionalMicros: (18_005 + 18_004 + 18_004) * 10_000,
  feesMicros: 54_013,
  status: 'partiallyFilled',
  rejectReason: null,
  createdNs: 1_999_999,
  updatedNs: 61_000_000_000,
} as unknown as Order;

test('what an order shows, and where a peg stands', () => {
  const view = (instructions: object, progress = {}) =>
    orderView({ ...order, instructions, progress } as Order, acme, OPENS_AT_MS, 1);
  expect(view({ displayLots: 20 })).toMatchObject({ displayQuantity: '20' });
  expect(view({ displayLots: 0, allOrNone: true })).toMatchObject({
    displayQuantity: '0',
    allOrNone: true,
  });
  const peg = { pegPriceType: 'primary', pegOffsetTicks: -2 };
  const shown = { pegPriceType: 'primary', pegOffset: '-0.02' };
  expect(view(peg, { pegTicks: 18_001 })).toMatchObject({ ...shown, pegPrice: '180.01' });
  expect(view(peg, { pegTicks: null })).toMatchObject({ ...shown, pegPrice: null });
});

test('an order goes out in the instrument’s decimals, with the scenario’s time', () => {
  expect(orderView(order, acme, OPENS_AT_MS, 42)).toMatchObject({
    quantity: '300',
    limitPrice: '180.05',
    filledQuantity: '3',
    leavesQuantity: '297',
    averagePrice: '180.0433',
    fees: '0.054013',
    createdAt: '2026-01-05T14:30:00.001Z',
    updatedAt: '2026-01-05T14:31:01.000Z',
    sequence: 42,
  });
  const market = { ...order, limitTicks: null, filledLots: 0, notionalMicros: 0 } as Order;
  expect(orderView(market, acme, OPENS_AT_MS, 1)).toMatchObject({
    limitPrice: null,
    averagePrice: null,
  });
});

test('a fill keeps the sign of its fee and its profit', () => {
  const execution = {
    executionId: '1',
    orderId: '7',
    clientOrderId: 'a-1',
    symbol: 'BTC-USD',
    side: 'sell',
    priceTicks: 6_200_001,
    quantityLots: 15,
    notionalMicros: 93_000_015,
    feeMicros: -9_300,
    realisedMicros: -1_500_000,
    liquidity: 'maker',
    atNs: 0,
  } as unknown as Parameters<typeof executionView>[0];
  expect(executionView(execution, coin, OPENS_AT_MS, 3)).toMatchObject({
    price: '62000.01',
    quantity: '0.0015',
    fee: '-0.0093',
    realised: '-1.50',
    at: simulatedIso(0, OPENS_AT_MS),
  });
});

test.each`
  quote                                               | halfTicks
  ${{ bid: '180.00', ask: '180.01', last: '179.00' }} | ${36_001}
  ${{ bid: null, ask: '180.01', last: '179.00' }}     | ${35_800}
  ${{ bid: null, ask: '180.01', last: null }}         | ${36_002}
  ${{ bid: null, ask: null, last: null }}             | ${null}
  ${null}                                             | ${null}
`('the mark of $quote is $halfTicks half ticks', ({ quote, halfTicks }) => {
  expect(markHalfTicks(quote, acme)).toBe(halfTicks);
});

test.each`
  halfTicks | tickSize  | text
  ${36_001} | ${'0.01'} | ${'180.005'}
  ${36_002} | ${'0.01'} | ${'180.01'}
  ${3}      | ${'1'}    | ${'1.5'}
  ${1}      | ${'0.25'} | ${'0.125'}
  ${1}      | ${'10'}   | ${'5.0'}
`('$halfTicks half ticks of $tickSize read $text', ({ halfTicks, tickSize, text }) => {
  expect(markText(halfTicks, { ...acme, tickSize })).toBe(text);
});

const position = (lots: number, costMicros: number) =>
  ({
    symbol: 'ACME',
    quantityLots: lots,
    costMicros,
    realisedMicros: 0,
    feesMicros: 0,
  }) as Position;

test.each`
  rule                           | lots   | cost              | mark      | unrealised | average
  ${'a long gains as it rises'}  | ${10}  | ${1_800_000_000}  | ${36_100} | ${'5.00'}  | ${'180.00'}
  ${'a short gains as it falls'} | ${-10} | ${-1_800_000_000} | ${35_900} | ${'5.00'}  | ${'180.00'}
  ${'a short loses as it rises'} | ${-10} | ${-1_800_000_000} | ${36_100} | ${'-5.00'} | ${'180.00'}
  ${'half ticks count'}          | ${1}   | ${180_000_000}    | ${36_001} | ${'0.005'} | ${'180.00'}
  ${'flat has no price'}         | ${0}   | ${0}              | ${36_001} | ${'0.00'}  | ${null}
`('$rule', ({ lots, cost, mark, unrealised, average }) => {
  const view = positionView(position(lots, cost), acme, mark);
  expect(view).toMatchObject({ unrealised, averagePrice: average });
});

test('first in, first out stands beside average cost, and both add up to the same', () => {
  const told = { ...position(10, 1_800_000_000), fifoCostMicros: 1_810_000_000 } as Position;
  const view = positionView({ ...told, fifoRealisedMicros: 10_000_000 } as Position, acme, 36_100);
  expect(view).toMatchObject({ exposure: '1805.00', unrealised: '5.00' });
  expect(view.fifo).toEqual({
    cost: '1810.00',
    averagePrice: '181.00',
    unrealised: '-5.00',
    realised: '10.00',
  });
  expect(positionView(told, acme, 36_100)).not.toHaveProperty('fifo');
});

test('half a micro is rounded away from zero, for gains and for losses', () => {
  const one = { ...position(1, 0), symbol: 'BTC-USD' };
  expect(positionView(one, coin, 3).unrealised).toBe('0.000002');
  const short = { ...position(-1, 0), symbol: 'BTC-USD' };
  expect(positionView(short, coin, 3).unrealised).toBe('-0.000002');
});

test('the account adds up: equity is cash plus what the positions are worth', () => {
  // Bought 10 at 180.00, fee 0.18; now 180.50.
  const account = {
    currency: 'USD',
    startingCashMicros: 100_000_000_000,
    cashMicros: 98_199_820_000,
    reservedMicros: 1_000_000,
    realisedMicros: 0,
    feesMicros: 180_000,
    dayOpenEquityMicros: 100_001_820_000,
  } as Account;
  const marked = { position: position(10, 1_800_000_000), instrument: acme, mark: 36_100 };
  expect(accountView(account, [marked], 9, 0)).toEqual({
    type: 'collateral',
    feeSchedule: 'instrument',
    currency: 'USD',
    startingCash: '100000.00',
    cash: '98199.82',
    reserved: '1.00',
    buyingPower: '98198.82',
    equity: '100004.82',
    exposure: '1805.00',
    unrealised: '5.00',
    realised: '0.00',
    fees: '0.18',
    netExposure: '1805.00',
    dayOpenEquity: '100001.82',
    dayProfit: '3.00',
    totalProfit: '4.82',
    sequence: 9,
  });
  expect(accountView(account, [], 9, 0).equity).toBe('99999.82');
});

test('an account on margin says what is asked of it, at the marks', () => {
  const account = {
    type: 'margin',
    feeSchedule: 'per-share',
    currency: 'USD',
    startingCashMicros: 1_000_000_000,
    cashMicros: 97_000_000,
    reservedMicros: 10_000_000,
    realisedMicros: 0,
    feesMicros: 1_000_000,
    borrowFeesMicros: 1_500_000,
    interestMicros: 500_000,
    marginCall: { state: 'called', sinceNs: 1_000_000_000, deadlineNs: 301_000_000_000 },
    unsettledMicros: 0,
  } as unknown as Account;
  const long = { position: position(10, 900_000_000), instrument: acme, mark: 2 * 8_000 };
  const view = accountView(account, [long], 9, OPENS_AT_MS);
  expect(view).toMatchObject({
    type: 'margin',
    equity: '897.00',
    exposure: '800.00',
    // 897 − 400 − 10, twice.
    buyingPower: '974.00',
    margin: {
      initial: '400.00',
      maintenance: '200.00',
      availableFunds: '487.00',
      excessLiquidity: '697.00',
      leverage: '0.89',
    },
    marginCall: {
      state: 'called',
      since: '2026-01-05T14:30:01.000Z',
      deadline: '2026-01-05T14:35:01.000Z',
    },
    borrowFees: '1.50',
    interest: '0.50',
    totalProfit: '-103.00',
  });
  expect(
    accountView(
      { ...account, cashMicros: -1e9 as never, startingCashMicros: -97e6 as never },
      [long],
      9,
      0,
    ),
  ).toMatchObject({
    buyingPower: '0.00',
    margin: { leverage: null },
  });
});
