import { describe, expect, test } from 'vitest';
import { binanceLines, depthLine, depthSnapshotLine } from '../testing/fixtures.ts';
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
      leftOut: { 'depth without a snapshot': 20 },
    });
  });
});

describe('the depth behind the best quotes', () => {
  const isDepth = (line: string) => line.includes('@depth');
  const byTime = (a: string, b: string) => (a.slice(0, 19) < b.slice(0, 19) ? -1 : 1);
  const withDepth = (...lines: string[]) =>
    sessionOf([...good.filter((line) => !isDepth(line)), ...lines].sort(byTime));
  const snapshot = depthSnapshotLine(
    300,
    100,
    [
      ['61837.63', '2'],
      ['61837.50', '1'],
    ],
    [
      ['61837.64', '0.5'],
      ['61837.72', '0.25'],
      ['61990.00', '9'],
    ],
  );
  const rowsAt = (session: Awaited<ReturnType<typeof sessionOf>>, row: number) => {
    const { bidLots, askLots } = session.recording.depth!;
    return [bidLots, askLots].map((side) => side.map((column) => column[row]));
  };

  test('lots within so many ticks of the best, second by second', async () => {
    const session = await withDepth(
      snapshot,
      depthLine(4_250, [101, 101], [['61837.63', '0.00000000']]),
      depthLine(9_250, [102, 104], [], [['61837.63', '0.5']]),
      depthLine(19_250, [105, 105]),
    );
    expect(session.recording.depth).toMatchObject({
      stepMs: 1_000,
      withinTicks: [0, 8, 32, 128, 512, 2_048, 8_192],
    });
    expect(session.recording.depth!.bidLots[0]).toHaveLength(20);
    const asks = [5_000, 7_500, 7_500, 7_500, 7_500, 7_500, 7_500];
    expect(rowsAt(session, 0)).toEqual([[20_000, 20_000, ...Array(5).fill(30_000)], asks]);
    // The best bid is gone: what was behind it is the best now.
    expect(rowsAt(session, 9)).toEqual([Array(7).fill(10_000), asks]);
    expect(rowsAt(session, 19)[1]).toEqual([5_000, 10_000, 12_500, ...Array(4).fill(12_500)]);
    expect(session.reports[0]).toMatchObject({ rows: 46, used: 46, bad: 0, leftOut: {} });
    expect(session.origin).toContain('depth');
  });

  test('updates before the snapshot wait for it; those it holds already are left out', async () => {
    const session = await withDepth(
      depthLine(100, [90, 95], [['61837.63', '77']]),
      depthLine(200, [96, 103], [['61837.63', '4']]),
      snapshot,
    );
    expect(session.reports[0]!.leftOut).toEqual({ 'depth older than the book': 1 });
    expect(rowsAt(session, 0)[0]![0]).toBe(40_000);
  });

  test('after a gap nothing is believed until the next snapshot', async () => {
    const session = await withDepth(
      snapshot,
      depthLine(2_100, [109, 109], [['61837.63', '5']]),
      depthLine(3_100, [110, 110], [['61837.63', '6']]),
      depthSnapshotLine(12_300, 200, [['61837.63', '7']], [['61837.64', '7']]),
      depthLine(14_100, [201, 201], [['61837.63', '8']]),
      depthLine(15_200, [202, 202]),
    );
    const { bad, badLines, leftOut } = session.reports[0]!;
    expect([bad, leftOut]).toEqual([1, { 'depth after a gap': 1 }]);
    expect(badLines[0]).toContain('depth update 109 does not follow 100');
    expect([1, 11, 13, 16].map((row) => rowsAt(session, row)[0]![0])).toEqual([
      20_000, 20_000, 70_000, 80_000,
    ]);
  });

  test.each([
    [depthLine(400, [103, 102]), 'U and u are no whole numbers in their order'],
    [depthLine(400, [101, 101]).replace('"b":[]', '"b":7'), 'the levels are no list'],
    [depthLine(400, [101, 101], [['61837.635', '1']]), 'a price of the depth is not on'],
    [depthLine(400, [101, 101], [], [['61837.64', '-1']]), 'a size of the depth is not a number'],
    [depthSnapshotLine(400, 101, [], [['61837.64', '1']]), 'a side of the depth snapshot is empty'],
    [depthSnapshotLine(400, -1, [], []), 'lastUpdateId is no whole number'],
  ])('a bad line: %s', async (line, reason) => {
    const session = await withDepth(snapshot, line, depthLine(500, [101, 101]));
    expect(session.reports[0]).toMatchObject({ bad: 1, used: 44 });
    expect(session.reports[0]!.badLines[0]).toContain(reason);
  });

  test('levels that only ever come do not fill the memory', async () => {
    const prices = Array.from({ length: 5_000 }, (_, i): [string, string] => [
      (60_000 - i / 100).toFixed(2),
      '1',
    ]);
    const updates = Array.from({ length: 6 }, (_, k) =>
      depthLine(
        400 + k,
        [101 + k, 101 + k],
        prices.map(([price, size]) => [(Number(price) - 50 * k).toFixed(2), size]),
      ),
    );
    const session = await withDepth(snapshot, ...updates, depthLine(2_000, [107, 107]));
    expect(rowsAt(session, 3)[0]).toEqual([20_000, 20_000, ...Array(5).fill(30_000)]);
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
