/** The observation must not change what it observes, and must see all of it. */

import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { describe, expect, test } from 'vitest';
import { Market } from '../../services/simulator/market/market.ts';
import { subjectOf } from '../../services/simulator/market/realism/certificate.ts';
import { meanCurves } from '../../services/simulator/market/realism/curves.ts';
import { DayRecorder } from '../../services/simulator/market/realism/day-record.ts';
import { Books } from '../../services/simulator/market/testing/books.ts';
import { SMALL_TICK, testScenario } from '../../services/simulator/market/testing/scenario.ts';
import { watchSession } from '../../services/simulator/rerun/certificate/certificate.ts';
import { inputOf, Session } from '../../services/simulator/rerun/testing/session.ts';
import { observeDays } from './observe-days.ts';
import { ObservedBooks } from './observed-books.ts';
import { pageOf } from './page.ts';
import { onlyWhatMoves, parentOrders } from './parent-orders.ts';
import { bandText, numberText } from './report.ts';
import { judgedScenarios } from './subjects.ts';

const NS = 1e9;
const SECONDS = 600;
const scenario = testScenario();
const symbolsOf = ({ instruments }: Scenario) =>
  instruments.map(({ instrument }) => instrument.symbol);

test('the recorder sees the trades and quotes of an unobserved market', () => {
  const plain = new Books(scenario.instruments.length);
  plain.market = new Market(scenario, 4, plain);
  const observed = ObservedBooks.empty(scenario.instruments.length);
  observed.market = new Market(scenario, 4, observed);
  const recorders = scenario.instruments.map(() => new DayRecorder(0, SECONDS * NS));
  observed.recordTo(recorders, 0);
  const mids: number[] = [];
  for (let second = 0; second < SECONDS; second++) {
    plain.market.advanceTo(second * NS);
    mids.push(plain.midTicks(SMALL_TICK));
  }
  observed.market.advanceTo((SECONDS - 1) * NS);
  const record = recorders[SMALL_TICK]!.finish();
  const trades = plain.tape.filter(({ instrument }) => instrument === SMALL_TICK);
  expect([...record.tradeTicks]).toEqual(trades.map(({ priceTicks }) => priceTicks));
  expect([...record.tradeLots]).toEqual(trades.map(({ lots }) => lots));
  expect([...record.midTicks]).toEqual(mids);
  const resting = observed.observed[SMALL_TICK]!;
  const ended = record.filledOrders + record.cancelSeconds.length;
  expect(ended).toBeGreaterThan(100);
  expect(resting.placedNs.size).toBe(resting.book.orderCount);
});

test('a session nobody traded in is seen as the same market without a venue', () => {
  const session = new Session({ ...scenario, warmUpSeconds: 0 }, 4);
  session.send({ type: 'jumpToTime', toNs: (SECONDS * NS) as SimNs });
  session.arrive();
  const { days } = watchSession(inputOf(session), SMALL_TICK);
  const bare = ObservedBooks.empty(scenario.instruments.length);
  bare.market = new Market(scenario, 4, bare);
  const recorders = scenario.instruments.map(() => new DayRecorder(0, SECONDS * NS));
  bare.recordTo(recorders, 0);
  // At 0 a session shows nothing yet.
  for (let second = 10; second < SECONDS; second += 10) {
    bare.market.advanceTo(second * NS);
    bare.sampleDepth();
  }
  bare.market.advanceTo(SECONDS * NS);
  expect(days).toEqual([recorders[SMALL_TICK]!.finish()]);
});

describe('parent orders', () => {
  const { symbol } = scenario.instruments[SMALL_TICK]!.instrument;
  const shares = [0.001, 0.002];

  test('a parent of nothing moves nothing; a real one moves the price its way', () => {
    const nothing = parentOrders(scenario, symbol, 2, 1, shares);
    expect(nothing).toEqual(shares.map((share) => ({ seed: 2, share, peak: 0, after: 0 })));
    const real = parentOrders(scenario, symbol, 2, 4_000_000, shares);
    expect(Math.min(...real.map(({ peak }) => peak))).toBeGreaterThan(0);
  });

  test('run with what their instrument follows and nothing else, which is the same market', async () => {
    const sector = (await judgedScenarios()).find(({ id }) => id === 'sector-day')!;
    const alone = onlyWhatMoves(sector, 'TIDE-B');
    expect(symbolsOf(alone)).toEqual(['TIDE', 'TIDE-B']);
    expect(symbolsOf(onlyWhatMoves(sector, 'SEAX'))).toEqual(['TIDE', 'REEF', 'MOOR', 'SEAX']);
    const [all, some] = [sector, alone].map((each) => {
      const index = symbolsOf(each).indexOf('TIDE-B');
      const books = ObservedBooks.empty(each.instruments.length);
      books.market = new Market(each, 9, books);
      return Array.from({ length: 60 }, (_, i) => {
        books.market.advanceTo((i + 1) * 10 * NS);
        return books.midTicks(index);
      });
    });
    expect(some).toEqual(all);
  });
});

test('every instrument of the invented days is judged once', async () => {
  const symbols = (await judgedScenarios()).flatMap(symbolsOf);
  expect(symbols.toSorted()).toEqual(
    ['ACME', 'BTC-USD', 'LUMA', 'MOOR', 'REEF', 'SEAX', 'TIDE', 'TIDE-B'].toSorted(),
  );
});

test('a day becomes numbers, and the numbers a page', () => {
  const seen = observeDays(
    { ...scenario, instruments: scenario.instruments.slice(0, 1) },
    1,
    1,
  )[0]!;
  const measured = new Map(seen.measured);
  for (const [id, value] of measured) expect([id, value]).toEqual([id, expect.any(Number)]);
  expect([...measured.values()].filter(Number.isNaN)).toEqual([]);
  const page = pageOf(
    [
      {
        scenario: 'test',
        symbol: 'A&B',
        name: 'A',
        subject: subjectOf(scenario.instruments[0]!),
        results: [],
        curves: meanCurves([seen.curves]),
        impact: null,
      },
    ],
    { seeds: 1, days: 1 },
  );
  expect(page.match(/<svg viewBox="0 0 420/g)).toHaveLength(8);
  expect(page).toContain('A&#38;B');
  expect(page).not.toMatch(/NaN|undefined/);
});

test.each([
  [{ low: 2, high: 5 }, '2 … 5'],
  [{ low: 1, high: 1 }, '1'],
  [{ low: 1e-9, high: Number.POSITIVE_INFINITY }, '≥ 0'],
  [{ low: Number.NEGATIVE_INFINITY, high: -0.5 }, '≤ -0.5'],
])('a band in words: %o', (band, text) => {
  expect(bandText({ id: 'x', name: 'x', ...band })).toBe(text);
  expect(numberText(Number.NaN)).toBe('not measured');
});
