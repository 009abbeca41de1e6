import { describe, expect, test } from 'vitest';
import { binanceLines } from '../testing/fixtures.ts';
import { binanceSession, isBinanceLine } from './binance.ts';

async function* stream(lines: readonly string[]) {
  yield* lines;
}
const sessionOf = (lines: readonly string[]) => binanceSession('x.gz', stream(lines));
/** Many good lines, so that a bad one stays below one in twenty. */
const good = binanceLines();

describe('a short recording', () => {
  test('quotes, trades and the clock of the exchange', async () => {
    const session = await sessionOf(good);
    expect(session.id).toBe('btcusdt-20240808');
    // 1,723,161,253 s is 23:54:13 UTC; the recorder's clock was 1.3 s behind.
    expect(new Date(session.startsAtMs).toISOString()).toBe('2024-08-08T23:54:14.300Z');
    expect(session.instrument).toMatchObject({
      symbol: 'BTC-USDT',
      currency: 'USDT',
      tickSize: '0.01',
      lotSize: '0.0001',
      tickValueMicros: 1,
    });
    const { stepMs, midHalfTicks, trades, volumeLots } = session.recording;
    expect(stepMs).toBe(100);
    expect(midHalfTicks).toHaveLength(201);
    expect(midHalfTicks[0]).toBe(2 * 6_183_763 + 1);
    expect(midHalfTicks[15]).toBe(2 * 6_183_863 + 1);
    expect(trades.reduce((sum, count) => sum + count, 0)).toBe(21);
    expect([trades[10], volumeLots[10], trades[11]]).toEqual([1, 200, 0]);
    expect(session.statistics.meanDepthLots).toBeCloseTo(25_000, 5);
    expect(session.reports[0]).toMatchObject({
      rows: 62,
      used: 42,
      bad: 0,
      leftOut: { depth: 20 },
    });
  });
});

describe('bad lines', () => {
  const [quote, trade] = good as [string, string];
  const late = (line: string) => line.replace(/^\d{19}/, '1723161299000000000');
  test.each([
    ['nonsense', 'not a 19-digit time, a space and a JSON object'],
    [`${late(quote).slice(0, 40)}}`, 'the JSON cannot be read'],
    [quote, 'earlier than the line before'],
    [late(quote).replace('61837.63', '61837.635'), 'a best price is not on the 0.01 grid'],
    [late(quote).replace('61837.63', '61838.63'), 'the best bid is not below the best ask'],
    [late(quote).replace('"3.5"', '"0"'), 'a best size is not a number above 0'],
    [late(trade).replace('"0.02"', '"-1"'), 'the quantity is not a number above 0'],
    [late(trade).replace('"m":true', '"m":1'), 'm (the buyer is the maker) is neither'],
    [late(trade).replace('61837.63', '1e9'), 'the price is not on the 0.01 grid'],
  ])('%s', async (line, reason) => {
    const { reports } = await sessionOf([...good, line]);
    expect(reports[0]).toMatchObject({ bad: 1, used: 42 });
    expect(reports[0]!.badLines[0]).toContain(`line 63: ${reason}`);
  });

  test('more than one in twenty: the file is refused', async () => {
    await expect(sessionOf([...good, ...Array(5).fill('nonsense')])).rejects.toThrow(
      /5 of 67 rows are bad/,
    );
  });
});

describe('files that cannot become a session', () => {
  test.each<[string, (lines: string[]) => string[], RegExp]>([
    ['no trades', (lines) => lines.filter((l) => !l.includes('@trade')), /needs both/],
    ['no quotes', (lines) => lines.filter((l) => !l.includes('@bookTicker')), /needs both/],
    ['too short', (lines) => lines.slice(0, 20), /less than ten seconds/],
    [
      'two symbols',
      (lines) => lines.map((l, i) => (i > 30 ? l.replace('"s":"BTCUSDT"', '"s":"ETHUSDT"') : l)),
      /BTCUSDT, ETHUSDT; one symbol per file/,
    ],
    ['nothing', () => [], /it is empty/],
  ])('%s', async (_name, change, message) => {
    await expect(sessionOf(change([...good]))).rejects.toThrow(message);
  });
});

test('a line of the format is known by its look', () => {
  expect(good.slice(0, 3).every(isBinanceLine)).toBe(true);
  expect(isBinanceLine('1723161254206652067 {"lastUpdateId":5,"bids":[]}')).toBe(true);
  expect(isBinanceLine('{"stream":"x"}')).toBe(false);
  expect(isBinanceLine('43085537,1826900,100,D,1,0')).toBe(false);
});
