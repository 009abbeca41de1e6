import { describe, expect, test } from 'vitest';
import { leanQuotes, leanTrades } from '../testing/fixtures.ts';
import { type LeanFile, leanSession, newYorkMs } from './lean.ts';
import { leanKindOf } from './lean-rows.ts';

const day = (kind: 'trade' | 'quote', lines: readonly string[]): LeanFile => ({
  file: `20131007_${kind}.zip`,
  kind,
  symbol: 'acme',
  date: '20131007',
  text: lines.join('\n'),
});

const sessionOf = (trades: readonly string[], quotes: readonly string[]) =>
  leanSession(day('trade', trades), day('quote', quotes));

/** The report of the trade file when these rows come after a day of good ones. */
function tradesWith(...rows: string[]) {
  const { reports, recording } = sessionOf([...leanTrades(), ...rows], leanQuotes());
  return { report: reports[1]!, recording };
}
function quotesWith(...rows: string[]) {
  return sessionOf(leanTrades(), [...leanQuotes(), ...rows]).reports[0]!;
}

describe('a quiet day', () => {
  const session = sessionOf(leanTrades(), leanQuotes());

  test('rows, session and name', () => {
    expect(session.id).toBe('acme-20131007');
    expect(session.title).toBe('ACME, 7 October 2013');
    expect(new Date(session.startsAtMs).toISOString()).toBe('2013-10-07T13:30:00.000Z');
    expect(session.instrument).toMatchObject({ symbol: 'ACME', tickSize: '0.01', lotSize: '1' });
    expect(session.recording.midHalfTicks).toHaveLength(23_401);
    expect(session.reports.map(({ rows, used, bad }) => [rows, used, bad])).toEqual([
      [2_340, 2_340, 0],
      [390, 390, 0],
    ]);
  });

  test('the best quote is the last bid row with the last ask row', () => {
    const { midHalfTicks, spreadTicks, trades, volumeLots } = session.recording;
    expect(midHalfTicks.slice(0, 2)).toEqual([20_004, 20_004]);
    expect(midHalfTicks[21]).toBe(20_006);
    expect(midHalfTicks[41]).toBe(20_004);
    expect(new Set(spreadTicks)).toEqual(new Set([4]));
    expect([trades[0], trades[1], trades[60], volumeLots[60]]).toEqual([1, 0, 1, 100]);
  });
});

describe('rows that are left out', () => {
  test.each([
    ['57600000,1000400,100,D,1,0', 'outside the regular session'],
    ['57599999,1000400,100,D,1,1', 'suspicious'],
    ['57599999,1000400,100,D,40,0', 'opening or closing cross'],
    ['57599999,1000400,100,D,80,0', 'opening or closing cross'],
    ['57599999,1000400,100,D,4000000,0', 'official open or close'],
    ['57599999,1000400,100,D,2000,0', 'outside regular hours by condition'],
    ['57599999,1000400,100,D,100000,0', 'average price'],
    ['57599999,1000400,100,D,200,0', 'price not based on the quote'],
    ['57599999,1000400,100,D,800,0', 'sold last or late'],
    ['57599999,1000400,100,D,2000000,0', 'prior reference price'],
  ])('%s: %s', (row, reason) => {
    const { report, recording } = tradesWith(row);
    expect(report.leftOut).toEqual({ [reason]: 1 });
    expect(report).toMatchObject({ used: 390, bad: 0 });
    expect(recording.trades.at(-2)).toBe(0);
  });

  test.each(['1', '20000020', '20', ''])('a trade with conditions "%s" counts', (conditions) => {
    expect(tradesWith(`57599999,1000450,300,D,${conditions},0`).report.used).toBe(391);
  });
});

describe('bad rows', () => {
  test.each([
    ['57599999,1000400,100,D,1', '5 columns instead of 6'],
    ['57599999,abc,100,D,1,0', 'the price is not a whole number above 0'],
    ['57599999,0,100,D,1,0', 'the price is not a whole number above 0'],
    ['57599999,1000400,-5,D,1,0', 'the size is not a whole number above 0'],
    ['99999999,1000400,100,D,1,0', 'the time is not within a day'],
    ['34200000,1000400,100,D,1,0', 'earlier than the row before'],
    ['57599999,1000400,100,D,zz,0', 'the conditions are not hexadecimal flags'],
    ['57599999,1000400,100,D,1,2', 'the suspicious flag is neither 0 nor 1'],
    ['57599999,1000400,100,D9,1,0', 'the exchange is no code of letters'],
  ])('trade %s: %s', (row, reason) => {
    const { report } = tradesWith(row);
    expect(report.badLines).toEqual([`line 391: ${reason}: ${row}`]);
    expect(report).toMatchObject({ rows: 391, used: 390, bad: 1 });
  });

  test.each([
    ['57599999,0,0,0,0,Q,1,0', 'it has neither a bid nor an ask'],
    ['57599999,1000050,100,0,0,Q,1,0', 'the price is off the one-cent grid'],
    ['57599999,1000000,1e3,0,0,Q,1,0', 'a price or size is no whole number'],
    ['57599999,1000000,100,0,0,Q,1', '7 columns instead of 8'],
  ])('quote %s: %s', (row, reason) => {
    expect(quotesWith(row).badLines).toEqual([`line 2341: ${reason}: ${row}`]);
  });

  test('only the first twenty are listed, all are counted', () => {
    const report = quotesWith(...Array.from({ length: 30 }, () => 'nonsense'));
    expect(report.bad).toBe(30);
    expect(report.badLines).toHaveLength(20);
    expect(report.badLines[19]).toMatch(/^line 2360: /);
  });

  test('more than one in twenty: the file is refused, with the lines', () => {
    const rows = Array.from({ length: 30 }, () => 'nonsense');
    expect(() => tradesWith(...rows)).toThrow(
      /20131007_trade\.zip: 30 of 420 rows are bad \(7\.1 %.*\n {2}line 391: /,
    );
  });

  test('a file of which nothing is left is refused', () => {
    const early = leanTrades().map((row) => row.replace(/^\d+/, '30000000'));
    expect(() => sessionOf(early, leanQuotes())).toThrow(/none of its 390 rows can be used/);
  });

  test('a book that never has two sides is refused', () => {
    const bids = leanQuotes().filter((_, k) => k % 2 === 0);
    expect(() => sessionOf(leanTrades(), bids)).toThrow(/never a bid and an ask/);
  });
});

test('crossed rows do not become a quote', () => {
  const session = sessionOf(leanTrades(), [
    ...leanQuotes(2),
    '40000000,1010000,100,0,0,Q,1,0',
    '40000001,1000000,100,0,0,Q,1,0',
  ]);
  expect(new Set(session.recording.midHalfTicks)).toEqual(new Set([20_004]));
});

test('the kind of a file is told by its rows', () => {
  expect(leanKindOf(leanTrades(3))).toBe('trade');
  expect(leanKindOf(leanQuotes(3))).toBe('quote');
  expect(leanKindOf(['time,price,size,exchange,conditions,suspicious', ...leanTrades(1)])).toBe(
    'trade',
  );
  expect(leanKindOf(['1,2,3', 'a,b,c,d,e,f'])).toBeNull();
});

test.each([
  ['20131007', '2013-10-07T13:30:00.000Z'],
  ['20131209', '2013-12-09T14:30:00.000Z'],
  ['20130311', '2013-03-11T13:30:00.000Z'],
  ['20130308', '2013-03-08T14:30:00.000Z'],
])('09:30 in New York on %s is %s', (date, utc) => {
  expect(new Date(newYorkMs(date, 34_200_000)).toISOString()).toBe(utc);
});
