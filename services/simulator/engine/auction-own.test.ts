import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import {
  agent,
  crowd,
  exchangeWith,
  goTo,
  kinds,
  resting,
  submit,
  trades,
} from './testing/desk.ts';
import { free, hold, sessionWith, submitList } from './testing/setups.ts';

const DAY = sessionWith(10);
const desk = () => exchangeWith({ instruments: [free], session: DAY });

const statesOf = ({ state }: Exchange) =>
  state.blotter.newest(9).map(({ status, rejectReason, quantityLots, filledLots }) => {
    return [status, rejectReason, `${filledLots}/${quantityLots}`].filter(Boolean).join(' ');
  });

describe('an auction fills a list no more than once', () => {
  test.each`
    rule                                   | kind     | legs                  | others       | traded | book
    ${'of two legs in reach one trades'}   | ${'oco'} | ${'S 5@101  S 5@102'} | ${'B 9@104'} | ${5}   | ${'B 4@104'}
    ${'the better one, though it is less'} | ${'oco'} | ${'S 5@101  S 5@102'} | ${'B 3@104'} | ${3}   | ${'S 2@101'}
    ${'both sides alike'}                  | ${'oco'} | ${'B 5@101  B 5@99'}  | ${'S 9@98'}  | ${5}   | ${'S 4@98'}
    ${'one size is shared'}                | ${'ouo'} | ${'S 5@101  S 5@102'} | ${'B 9@104'} | ${5}   | ${'B 4@104'}
    ${'what one trades the other loses'}   | ${'ouo'} | ${'S 5@101  S 5@102'} | ${'B 3@104'} | ${3}   | ${'S 2@101  S 2@102'}
  `('$rule: $kind of $legs against $others', ({ kind, legs, others, traded, book }) => {
    const exchange = desk();
    goTo(exchange, 12);
    submitList(exchange, kind, ...legs.split('  '));
    crowd(exchange, others);
    const events = goTo(exchange, 20);
    expect(trades(events)).toBe(`${traded}@${exchange.listings[0]!.lastTradeTicks}`);
    expect(resting(exchange)).toBe(book);
    const { bestBid, bestAsk } = exchange.listings[0]!.book;
    if (bestBid && bestAsk) expect(bestBid).toBeLessThan(bestAsk);
  });
});

test('a reduce-only order that has reduced all there was does not stand against what is left', () => {
  const exchange = desk();
  goTo(exchange, 20);
  hold(exchange, 5);
  goTo(exchange, 121);
  submit(exchange, 'S 9@98 REDUCE');
  crowd(exchange, 'B 8@101');
  const events = goTo(exchange, 131);
  expect(trades(events)).toMatch(/^5@/);
  expect(kinds(events)).toContain('canceled');
  expect(statesOf(exchange)[0]).toBe('canceled reduceOnlyWouldIncrease 5/9');
  expect(resting(exchange)).toBe('B 3@101');
});

describe('what the closing auction wakes', () => {
  test('the legs of an entry that it has filled protect from the next open on', () => {
    const exchange = desk();
    goTo(exchange, 121);
    submitList(exchange, 'bracket', 'B 5@100', 'S 5@110', 'S 5 STOP 90');
    crowd(exchange, 'S 5@99');
    goTo(exchange, 131);
    expect(statesOf(exchange)).toEqual(['new 0/5', 'new 0/5', 'filled 5/5']);
    goTo(exchange, 152);
    crowd(exchange, 'B 5@111');
    const events = goTo(exchange, 160);
    expect(trades(events)).toMatch(/^5@11/);
    expect(statesOf(exchange)).toEqual(['canceled contingency 0/5', 'filled 5/5', 'filled 5/5']);
  });

  test('a leg grows with it, and keeps what it was', () => {
    const exchange = desk();
    goTo(exchange, 25);
    submitList(exchange, 'oto', 'B 5@100', 'S 5@110');
    agent(exchange, 'S 2@100', 60);
    goTo(exchange, 121);
    agent(exchange, 'S 3@100', 61);
    goTo(exchange, 131);
    expect(statesOf(exchange)).toEqual(['new 0/5', 'filled 5/5']);
    goTo(exchange, 161);
    expect(resting(exchange)).toBe('S 5@110');
  });

  test('a stop that its price has passed already fires with the next trade, not into the night', () => {
    const exchange = desk();
    goTo(exchange, 121);
    submitList(exchange, 'oto', 'B 5@105', 'S 5 STOP 104');
    crowd(exchange, 'S 5@103');
    const events = goTo(exchange, 131);
    expect(kinds(events)).not.toContain('triggered');
    expect(statesOf(exchange)).toEqual(['new 0/5', 'filled 5/5']);
    goTo(exchange, 161);
    crowd(exchange, 'B 9@101');
    agent(exchange, 'S 1@101', 70);
    expect(trades(exchange.takeEvents())).toBe('5@101');
  });
});

test('a dividend between two days lowers the bids that rest, and ends none', () => {
  const exchange = desk();
  goTo(exchange, 25);
  submit(exchange, 'B 5@95');
  submit(exchange, 'B 5@90 SHOW 2');
  goTo(exchange, 135);
  exchange.runScripted({ type: 'dividend', atSeconds: 135, symbol: 'ACME', amount: '2' });
  expect(kinds(exchange.takeEvents())).toBe('dividendpaid replaced replaced account');
  goTo(exchange, 161);
  expect(resting(exchange)).toBe('B 5@93  B 2+3@88');
});

test('after two auctions at once a stop is judged by what both have left', () => {
  const other = { ...free, symbol: 'BOND' };
  const exchange = exchangeWith({ instruments: [free, other], session: DAY, cash: 2_100 });
  goTo(exchange, 15);
  submit(exchange, 'B 5@110 MIT 100');
  submit(exchange, 'B 10@100', 'BOND');
  submit(exchange, 'B 5@100 DAY');
  crowd(exchange, 'S 5@100');
  exchange.submit(1, 60, 1, 100, 10, 0);
  const events = goTo(exchange, 20);
  expect(kinds(events)).toContain('triggered');
  // 500 and 1,000 are spent; of 600 that are left the order asks for 550.
  expect(statesOf(exchange).at(-1)).toBe('new 0/5');
});

test('and by what a list in the other one has given back', () => {
  const other = { ...free, symbol: 'BOND' };
  const exchange = exchangeWith({ instruments: [free, other], session: DAY, cash: 2_100 });
  goTo(exchange, 15);
  submitList(exchange, 'oco', 'B 5@100', 'B 5@110 STOP 110');
  submit(exchange, 'B 10@110 MIT 100', 'BOND');
  crowd(exchange, 'S 5@100');
  exchange.submit(1, 60, 1, 100, 3, 0);
  exchange.submit(1, 61, 0, 100, 3, 0);
  const events = goTo(exchange, 20);
  expect(kinds(events)).toContain('triggered');
  // 1,600 are left and nothing is held for the leg that is gone: 1,100 are there.
  expect(statesOf(exchange)[0]).toBe('new 0/10');
});

test.each([
  ['in a halt', 'instrumentHalted', 30],
  ['after the close', 'marketClosed', 135],
])('closing a position %s is refused, and what protects it stays', (_when, reason, second) => {
  const exchange = desk();
  goTo(exchange, 25);
  hold(exchange, 5);
  submit(exchange, 'S 5 STOP 90');
  goTo(exchange, second);
  if (second === 30) {
    exchange.runScripted({
      ...{ type: 'halt', atSeconds: 30, symbol: 'ACME', reason: 'regulatory', seconds: 5 },
    } as const);
    exchange.takeEvents();
  }
  const close = { type: 'closePosition', symbol: 'ACME', clientOrderId: 'x' } as const;
  const events = exchange.execute({ ...close, reverse: false }, 'close', null);
  expect(events).toMatchObject([{ type: 'orderRejected', reason }]);
  expect(exchange.state.blotter.open()).toHaveLength(1);
});
