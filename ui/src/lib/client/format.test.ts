import { describe, expect, test } from 'vitest';
import {
  ago,
  changePercent,
  grouped,
  money,
  rounded,
  signed,
  signedMoney,
  signOf,
  timeOfDay,
  trimmed,
} from './format.ts';

test.each([
  ['0', '0'],
  ['999', '999'],
  ['1000', '1,000'],
  ['1234567.50', '1,234,567.50'],
  ['-1234.5', '−1,234.5'],
  ['9007199254740993.123456789', '9,007,199,254,740,993.123456789'],
])('grouped(%s) is %s', (text, expected) => expect(grouped(text)).toBe(expected));

test.each([
  ['5', '+5'],
  ['-5', '−5'],
  ['0.00', '0.00'],
])('signed(%s) is %s', (text, expected) => expect(signed(text)).toBe(expected));

test.each([
  ['1.005', 2, '1.01'],
  ['-1.005', 2, '-1.01'],
  ['1.004999', 2, '1.00'],
  ['-0.001', 2, '0.00'],
  ['9.99', 1, '10.0'],
  ['5', 2, '5.00'],
  ['0.5', 0, '1'],
  ['1.10', 2, '1.10'],
])('rounded(%s, %i) is %s', (text, decimals, expected) =>
  expect(rounded(text, decimals)).toBe(expected),
);

test('money has two decimals', () => {
  expect(money('100000')).toBe('100,000.00');
  expect(signedMoney('-0.555')).toBe('−0.56');
  expect(signedMoney('0.001')).toBe('0.00');
});

test.each([
  ['0.0500', '0.05'],
  ['10.00', '10'],
  ['100', '100'],
])('trimmed(%s) is %s', (text, expected) => expect(trimmed(text)).toBe(expected));

test.each([
  ['1.5', 1],
  ['-0.01', -1],
  ['0.00', 0],
  [null, 0],
])('signOf(%s) is %i', (text, expected) => expect(signOf(text)).toBe(expected));

describe('change', () => {
  test.each([
    ['100', '101', '+1.00'],
    ['100.00', '99.5', '−0.50'],
    ['3', '4', '+33.33'],
    ['3', '5', '+66.67'],
    ['100000', '100001', '0.00'],
    ['100000', '99999', '0.00'],
    ['0', '5', null],
    [null, '5', null],
  ])('from %s to %s is %s', (open, last, expected) =>
    expect(changePercent(open, last)).toBe(expected),
  );
});

test('times of the day in UTC are the wire’s own', () => {
  expect(timeOfDay('2026-01-05T14:30:05.250Z', 'utc')).toBe('14:30:05');
  expect(timeOfDay('2026-01-05T14:30:05.250Z', 'utc', true)).toBe('14:30:05.250');
  expect(timeOfDay('2026-01-05T14:30:05.250Z', 'local', true)).toMatch(/^\d\d:\d\d:05\.250$/);
});

test('ago', () => {
  const at = '2026-01-05T14:30:00.000Z';
  const after = (ms: number) => ago(at, Date.parse(at) + ms);
  expect([after(0), after(90_000), after(7_200_000), after(3 * 86_400_000)]).toEqual([
    'just now',
    '1 min ago',
    '2 h ago',
    '3 d ago',
  ]);
});
