/** The statistics on five days of IBM: they must give what the market model is judged against. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TESTS } from './bands.ts';
import { spread, upMoveChances } from './book-measures.ts';
import { appliesTo, certificateOf, measure } from './certificate.ts';
import {
  returnKurtosis,
  returnMemory,
  returnTailIndex,
  volatilityDecay,
  volatilityMemory,
} from './return-measures.ts';
import { ibmDay } from './testing/recorded-days.ts';
import {
  arrivalFano,
  arrivalMemory,
  arrivalShape,
  arrivalVariation,
  bounce,
  largestSizesShare,
  modalSize,
  response,
  signedVolumeExponent,
  signedVolumeReturn,
  signMemory,
  sizeTailIndex,
  tradeSizes,
  volumeVolatility,
  wholeRoundLotShare,
} from './trade-measures.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const FOLDER = resolve(ROOT, process.env.SANDPIT_RECORDINGS ?? '../shared/data', 'ibm-ticks');
const isThere = existsSync(join(FOLDER, '20131007_trade.zip'));
const because = isThere ? '' : ` (skipped: ${FOLDER} is not there)`;

describe.skipIf(!isThere)(`IBM, 7–11 October 2013${because}`, () => {
  const dates = ['20131007', '20131008', '20131009', '20131010', '20131011'];
  const days = isThere ? dates.map((date) => ibmDay(FOLDER, date)) : [];

  test.each<[string, () => number, expected: number, tolerance: number]>([
    ['excess kurtosis, 1 s', () => returnKurtosis(days, 1), 51, 0.5],
    ['excess kurtosis, 10 s', () => returnKurtosis(days, 10), 10.2, 0.05],
    ['excess kurtosis, 60 s', () => returnKurtosis(days, 60), 4.2, 0.05],
    ['excess kurtosis, 300 s', () => returnKurtosis(days, 300), 2.7, 0.05],
    ['Hill index, 10 s', () => returnTailIndex(days, 10), 3.4, 0.05],
    ['Hill index, 60 s', () => returnTailIndex(days, 60), 3.6, 0.35],
    ['return memory, 10 s', () => returnMemory(days, 10), 0.01, 0.005],
    ['return memory, 60 s', () => returnMemory(days, 60), -0.05, 0.005],
    ['bounce', () => bounce(days), -0.35, 0.01],
    ['volatility memory, lag 1', () => volatilityMemory(days, 10)[0]!, 0.14, 0.005],
    ['volatility memory, lag 10', () => volatilityMemory(days, 10)[9]!, 0.1, 0.005],
    ['volatility memory, lag 50', () => volatilityMemory(days, 10)[49]!, 0.05, 0.005],
    ['volatility decay, 10 s', () => volatilityDecay(days, 10), -0.29, 0.07],
    ['volatility decay, 60 s', () => volatilityDecay(days, 60), -0.44, 0.07],
    ['spread in ticks', () => spread(days).meanTicks, 4.7, 0.05],
    ['one tick wide', () => spread(days).oneTickShare, 0.06, 0.005],
    ['P(size = 100)', () => modalSize(days, tradeSizes).share, 0.77, 0.005],
    ['P(multiple of 100)', () => wholeRoundLotShare(days, tradeSizes, 100), 0.92, 0.005],
    ['size tail', () => sizeTailIndex(days, tradeSizes), 1.8, 0.05],
    ['largest 1 %', () => largestSizesShare(days, tradeSizes), 0.13, 0.005],
    ['waiting times, variation', () => arrivalVariation(days), 2.5, 0.1],
    ['waiting times, Weibull shape', () => arrivalShape(days), 0.35, 0.005],
    ['Fano factor, 1 s', () => arrivalFano(days, 1), 6.5, 0.05],
    ['Fano factor, 10 s', () => arrivalFano(days, 10), 10.8, 0.1],
    ['Fano factor, 60 s', () => arrivalFano(days, 60), 25, 0.5],
    ['memory of counts', () => arrivalMemory(days), 0.51, 0.015],
    ['sign memory, lag 1', () => signMemory(days, 50)[0]!, 0.36, 0.005],
    ['sign memory, lag 10', () => signMemory(days, 50)[9]!, 0.05, 0.005],
    ['sign memory, lag 50', () => signMemory(days, 50)[49]!, 0.01, 0.005],
    ['volume and volatility', () => volumeVolatility(days), 0.42, 0.005],
    ['response after 1, cents', () => response(days, 1), 0.31, 0.005],
    ['response after 10, cents', () => response(days, 10), 1, 0.02],
    ['response after 100, cents', () => response(days, 100), 1.03, 0.07],
    ['signed volume and return', () => signedVolumeReturn(days), 0.4, 0.005],
    ['signed volume exponent', () => signedVolumeExponent(days), 0.73, 0.05],
  ])('%s', (_name, measured, expected, tolerance) => {
    expect(Math.abs(measured() - expected)).toBeLessThanOrEqual(tolerance);
  });

  test('it holds the certificate wherever its tape says anything', () => {
    const subject = { tickClass: 'small', hasSession: true, roundLot: 100 } as const;
    const measured = measure(days, subject);
    // Best quotes say nothing of the orders behind them.
    const unseen = new Set(['R15', 'R16']);
    const known = new Map([...measured].filter(([id]) => !unseen.has(id.split('.')[0]!)));
    const results = certificateOf([known], subject);
    expect(results.filter((result) => !result.isWithin).map(({ test: { id } }) => id)).toEqual([]);
    const asked = TESTS.flatMap(({ parts }) => parts).filter((part) => appliesTo(part, subject));
    expect(results.flatMap(({ parts }) => parts)).toHaveLength(
      asked.filter(({ id }) => !/^R1[456]\./.test(id)).length,
    );
    expect([...upMoveChances(days)]).toEqual([...upMoveChances(days)].sort((a, b) => a - b));
  });
});
