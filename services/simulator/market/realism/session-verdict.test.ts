import { describe, expect, test } from 'vitest';
import { TESTS } from './bands.ts';
import { type Extent, extentOf, needOf } from './needs.ts';
import { judgeSession } from './session-verdict.ts';

const subject = { tickClass: 'small', hasSession: true, roundLot: 100 } as const;
const NOTHING = extentOf([], []);
const PLENTY: Extent = {
  minutes: 10_000,
  marketOrders: 1e6,
  days: 5,
};
const judged = (values: [string, number][], extent: Extent, id: string) =>
  judgeSession(new Map(values), extent, subject).find(({ test: each }) => each.id === id)!;

test('every part but those of R14 has a need, and there is none for what is no part', () => {
  const ids = TESTS.flatMap(({ parts }) => parts.map(({ id }) => id));
  expect(ids.filter((id) => needOf(id) === null)).toEqual([
    'R14.exponent',
    'R14.prefactor',
    'R14.remaining',
  ]);
});

describe('one session', () => {
  test.each`
    value   | verdict
    ${-0.3} | ${'within'}
    ${-0.1} | ${'strays'}
    ${0.2}  | ${'outside'}
    ${NaN}  | ${'notMeasured'}
  `('a bounce of $value: $verdict', ({ value, verdict }) => {
    const bounce = judged([['R4.bounce', value]], PLENTY, 'R4');
    expect(bounce).toMatchObject({ verdict, parts: [{ verdict, value }] });
  });

  test('one order too few and nothing is told, however good the number looks', () => {
    const extent = { ...PLENTY, marketOrders: 499 };
    expect(judged([['R4.bounce', -0.3]], extent, 'R4')).toMatchObject({
      verdict: 'tooShort',
      parts: [{ value: NaN, need: { of: 'marketOrders', least: 500, has: 499 } }],
    });
    const enough = { ...extent, marketOrders: 500 };
    expect(judged([['R4.bounce', -0.3]], enough, 'R4').verdict).toBe('within');
  });

  test('a test is as good as its worst part, and as sure', () => {
    const good: [string, number][] = [
      ['R3.10s', 0],
      ['R3.60s', 0],
    ];
    expect(judged(good, PLENTY, 'R3').verdict).toBe('within');
    expect(judged(good, { ...PLENTY, minutes: 100 }, 'R3').verdict).toBe('tooShort');
    const bad: [string, number][] = [['R3.10s', 0.5], good[1]!];
    expect(judged(bad, { ...PLENTY, minutes: 100 }, 'R3').verdict).toBe('outside');
  });

  test('of nothing nothing is told', () => {
    const tests = judgeSession(new Map(), NOTHING, subject);
    expect(tests).toHaveLength(18);
    for (const { test: each, verdict } of tests) {
      expect([each.id, verdict]).toEqual([each.id, each.id === 'R14' ? 'notMeasured' : 'tooShort']);
    }
  });

  test('leaves out what is not asked of the instrument', () => {
    const large = judgeSession(new Map(), NOTHING, { ...subject, tickClass: 'large' });
    expect(large.map(({ test: each }) => each.id)).not.toContain('R2');
  });
});
