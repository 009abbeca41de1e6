import { describe, expect, test } from 'vitest';
import { type BlindFill, exposureOf } from './blind.ts';
import { Submissions } from './submissions.ts';

const order = (clientOrderId: string, change: object = {}) => ({
  clientOrderId,
  symbol: 'ACME',
  side: 'buy' as const,
  type: 'limit' as const,
  quantity: '10',
  limitPrice: '180.05',
  ...change,
});

describe('what is sent twice', () => {
  test('the same clientOrderId is a repeat, however often', () => {
    const sent = new Submissions();
    expect(['a', 'a', 'a'].map((id) => sent.send('s', order(id)))).toEqual([
      'first',
      'repeat',
      'repeat',
    ]);
  });
  test('another one for the same order is a duplicate while the first is unknown', () => {
    const sent = new Submissions();
    sent.send('s', order('a'));
    expect(sent.send('s', order('b'))).toBe('duplicate');
    expect(sent.send('s', order('b'))).toBe('repeat');
  });
  test.each`
    what               | change
    ${'another side'}  | ${{ side: 'sell' }}
    ${'another size'}  | ${{ quantity: '11' }}
    ${'another price'} | ${{ limitPrice: '180.06' }}
    ${'another flag'}  | ${{ postOnly: true }}
  `('$what is another order', ({ change }) => {
    const sent = new Submissions();
    sent.send('s', order('a'));
    expect(sent.send('s', order('b', change))).toBe('first');
  });
  test('in another simulator it is another order, and its id too', () => {
    const sent = new Submissions();
    sent.send('s', order('a'));
    expect(sent.send('t', order('b'))).toBe('first');
    expect(sent.send('t', order('a'))).toBe('duplicate');
  });
  test('who has heard of the first means a second', () => {
    const sent = new Submissions();
    sent.send('s', order('a'));
    sent.answered('s', 'a');
    expect(sent.send('s', order('b'))).toBe('first');
    sent.synced();
    expect(sent.send('s', order('c'))).toBe('first');
    expect(sent.send('s', order('d'))).toBe('duplicate');
  });
  test('no more than 500 are remembered', () => {
    const sent = new Submissions();
    for (let i = 0; i <= 500; i++) sent.send('s', order(`o${i}`, { quantity: `${i + 1}` }));
    expect(sent.send('s', order('o500', { quantity: '501' }))).toBe('repeat');
    expect(sent.send('s', order('o0', { quantity: '1' }))).toBe('first');
  });
});

describe('exposure while blind', () => {
  const at = (fills: BlindFill[], held: Record<string, number>) =>
    exposureOf({
      fromMs: 10_000,
      toMs: 20_000,
      fills,
      held: new Map(Object.entries(held)),
      lotMicros: new Map([
        ['ACME', 100],
        ['BOLT', 10],
      ]),
    });
  const fill = (symbol: string, lots: number, atMs: number) => ({ symbol, lots, atMs });
  test.each`
    what                              | fills                                                  | held                      | worst    | seconds
    ${'nothing held'}                 | ${[]}                                                  | ${{}}                     | ${0}     | ${0}
    ${'held all the time'}            | ${[]}                                                  | ${{ ACME: 5 }}            | ${500}   | ${5_000}
    ${'short counts as well'}         | ${[]}                                                  | ${{ ACME: -5 }}           | ${500}   | ${5_000}
    ${'two instruments add up'}       | ${[]}                                                  | ${{ ACME: 5, BOLT: -10 }} | ${600}   | ${6_000}
    ${'bought half way'}              | ${[fill('ACME', 5, 15_000)]}                           | ${{ ACME: 5 }}            | ${500}   | ${2_500}
    ${'sold half way'}                | ${[fill('ACME', -5, 15_000)]}                          | ${{}}                     | ${500}   | ${2_500}
    ${'turned from long to short'}    | ${[fill('ACME', -8, 12_000)]}                          | ${{ ACME: -3 }}           | ${500}   | ${3_400}
    ${'there and back'}               | ${[fill('ACME', 9, 14_000), fill('ACME', -9, 16_000)]} | ${{}}                     | ${900}   | ${1_800}
    ${'a clock that is a little off'} | ${[fill('ACME', 5, 9_000), fill('ACME', 5, 21_000)]}   | ${{ ACME: 10 }}           | ${1_000} | ${5_000}
  `('$what', ({ fills, held, worst, seconds }) => {
    expect(at(fills, held)).toEqual({ worstMicros: worst, secondsMicros: seconds });
  });
});
