import { describe, expect, test } from 'vitest';
import { readChaosOptions } from './chaos.ts';
import { check, type Verdict } from './checker/checker.ts';
import { ROWS, SELECTION } from './faults/rows.ts';
import { addUp, quantile, type RowOutcome, unproven, verdictLine } from './report.ts';

const OUTCOME: RowOutcome = {
  name: '',
  matrix: '',
  title: '',
  injections: 1,
  orders: 1,
  worstGapMs: 0,
  medianMs: 0,
  resumeP99Ms: null,
  refusedAppends: null,
  breaches: [],
};

describe('the command line', () => {
  test('runs every row once, from seed 1, on one nats-server', () => {
    expect(readChaosOptions([])).toEqual({
      rows: ROWS.filter(({ isLong }) => !isLong),
      seed: 1,
      minutes: null,
      natsCluster: false,
      simulate: null,
    });
  });

  test('takes rows by name, and the bounded selection', () => {
    const { rows } = readChaosOptions(['--rows', 'nats-kill,stream-cut', '--seed', '7']);
    expect(rows.map(({ name }) => name)).toEqual(['nats-kill', 'stream-cut']);
    const names = readChaosOptions(['--rows', 'selection']).rows.map(({ name }) => name);
    expect(names).toEqual([...SELECTION]);
  });

  test.each([
    [['--rows', 'earthquake'], 'There is no row "earthquake"'],
    [['--seed', '0'], '--seed 0'],
    [['--minutes', 'x'], '--minutes x'],
    [['--simulate', '0.5'], '--simulate 0.5'],
    [['--loud'], "Unknown option '--loud'"],
  ])('%s is refused', (args, words) => {
    expect(() => readChaosOptions(args)).toThrow(words);
  });
});

test.each`
  refused         | expected
  ${[0, 3]}       | ${[]}
  ${[0, 0]}       | ${['late-append: not proven, the log refused no append']}
  ${[null, null]} | ${[]}
  ${[]}           | ${[]}
`('a fence that had $refused appends to refuse', ({ refused, expected }) => {
  const outcomes = refused.map((refusedAppends: number | null) => ({
    ...OUTCOME,
    name: 'late-append',
    refusedAppends,
  }));
  // Others refuse nothing, and need not.
  const others = [{ ...OUTCOME, name: 'worker-kill', refusedAppends: 0 }];
  expect(unproven(ROWS, [...outcomes, ...others])).toEqual(expected);
});

test('rows have names of their own', () => {
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
});

test.each`
  values          | share   | expected
  ${[3, 1, 2]}    | ${0.5}  | ${2}
  ${[1, 2, 3, 4]} | ${0.99} | ${4}
  ${[5]}          | ${0.5}  | ${5}
  ${[]}           | ${0.99} | ${0}
`('quantile $share of $values', ({ values, share, expected }) => {
  expect(quantile(values, share)).toBe(expected);
});

test('the laws of several rows are added up, and one line says each', () => {
  const one = check([]).map((verdict): Verdict => ({ ...verdict, checked: 2, what: 'things' }));
  const two = one.map((verdict) => ({ ...verdict, breaches: [`${verdict.law} is broken`] }));
  const total = addUp(addUp([], one), two);
  expect(total.map(({ checked }) => checked)).toEqual(one.map(() => 4));
  expect(verdictLine(total[0]!)).toBe('I1   single effect                 4 things    1 breach');
});
