import { expect, test } from 'vitest';
import { TESTS } from '../../services/simulator/market/realism/bands.ts';
import { certificateOf } from '../../services/simulator/market/realism/certificate.ts';
import { parentImpact } from '../../services/simulator/market/realism/impact-measures.ts';
import type { Judged } from './realism.ts';
import { errorText, failuresOf } from './report.ts';

const subject = { tickClass: 'small', hasSession: true, roundLot: 100 } as const;
const judged = (bounce: number) =>
  ({
    symbol: 'ACME',
    results: certificateOf([new Map([['R4.bounce', bounce]])], subject),
  }) as unknown as Judged;

test('what is out of its band fails the run, by name', () => {
  expect(failuresOf([judged(-0.3), judged(0.1)])).toEqual(['ACME R4']);
  expect(failuresOf([judged(-0.3)])).toEqual([]);
  // What could not be measured is not in its band either.
  expect(failuresOf([judged(Number.NaN)])).toEqual(['ACME R4']);
});

test('parent orders are told with their error, other statistics with their range', () => {
  const runs = [0.9, 1.1].flatMap((noise, seed) =>
    [0.001, 0.01, 0.1].map((share) => {
      const peak = 0.02 * noise * Math.sqrt(share);
      return { seed, share, peak, after: peak / 2 };
    }),
  );
  const impact = parentImpact(runs, 0.02);
  const partsOf = (id: string) => TESTS.find((each) => each.id === id)!.parts;
  expect(partsOf('R14').map((part) => errorText(part, impact))).toEqual([
    '± 0.000',
    '± 0.100',
    '± 0.000',
  ]);
  expect(errorText(partsOf('R4')[0]!, impact)).toBeNull();
  expect(errorText(partsOf('R14')[0]!, null)).toBeNull();
});
