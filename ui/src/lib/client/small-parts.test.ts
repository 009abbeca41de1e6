import { FEE_SCHEDULE_OF_TIER, FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { describe, expect, test } from 'vitest';
import { actionOf } from '../desk/keys.ts';
import { checkCredentials, PASSWORD_RULES } from '../door/credentials.ts';
import { pathAfterLogin } from '../door/next-path.ts';
import {
  cashOf,
  checkStart,
  diceSeed,
  scheduleOf,
  schedulesOf,
  seedOf,
} from '../home/start-form.ts';
import { backoffMs } from './backoff.ts';
import { LatencySamples } from './latency.ts';

test('backing off stays between nothing and its cap', () => {
  expect(backoffMs(0, 0)).toBe(0);
  expect(backoffMs(0, 0.999)).toBe(250);
  expect(backoffMs(3, 0.5)).toBe(1_000);
  expect(backoffMs(60, 0.999)).toBe(14_985);
});

test('latency percentiles by nearest rank over the last sixty', () => {
  const samples = new LatencySamples();
  expect(samples.percentile(0.5)).toBeNull();
  for (let ms = 1; ms <= 100; ms += 1) samples.add(ms);
  expect(samples.percentile(0.5)).toBe(70);
  expect(samples.percentile(0.95)).toBe(97);
});

describe('signing up', () => {
  const PASSWORD = 'correct horse battery';
  test.each([
    ['', PASSWORD, 'Enter your e-mail address.', ''],
    ['ada@', PASSWORD, 'That is not an e-mail address.', ''],
    ['ada@example.com', '', '', 'Enter a password.'],
    ['ada@example.com', 'short', '', 'At least 12 characters.'],
    ['ada@example.com', 'aaaaaaaaaaaa', '', 'Not your e-mail address, not one character repeated.'],
    [
      'ada@example.com',
      'Ada@example.com',
      '',
      'Not your e-mail address, not one character repeated.',
    ],
    [' ada@example.com ', PASSWORD, '', ''],
  ])('%j with %j', (email, password, emailError, passwordError) => {
    expect(checkCredentials(email, password, 'signup')).toEqual({
      email: emailError,
      password: passwordError,
    });
  });

  test('logging in does not judge an old password', () => {
    expect(checkCredentials('ada@example.com', 'short', 'login').password).toBe('');
    expect(PASSWORD_RULES).toHaveLength(2);
  });
});

test.each([
  ['/desk/abc_1-2', '/desk/abc_1-2'],
  ['/home', '/home'],
  ['https://evil.example', '/home'],
  ['//evil.example', '/home'],
  ['/desk/../../x', '/home'],
  [null, '/home'],
])('after logging in, next=%s leads to %s', (next, expected) => {
  expect(pathAfterLogin({ searchParams: { get: () => next } })).toBe(expected);
});

test('seeds and cash are checked as the service does', () => {
  expect([
    seedOf('0'),
    seedOf('4294967295'),
    seedOf('4294967296'),
    seedOf('-1'),
    seedOf('1.5'),
    seedOf(''),
  ]).toEqual([0, 4_294_967_295, null, null, null, null]);
  expect([
    cashOf('100,000'),
    cashOf('1000'),
    cashOf('999.99'),
    cashOf('1000.001'),
    cashOf('1e9'),
    cashOf('100000001'),
  ]).toEqual(['100000', '1000', null, null, null, null]);
  expect(checkStart('1', '5000')).toEqual({});
  expect(Object.keys(checkStart('', ''))).toEqual(['seed', 'startingCash']);
  expect(seedOf(diceSeed(0xffff_ffff))).toBeLessThan(1_000_000);
});

const press = (key: string, change = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...change,
});
test.each([
  [press('b'), false, 'buy'],
  [press('S'), false, 'sell'],
  [press('?'), false, 'help'],
  [press('b'), true, null],
  [press('b', { ctrlKey: true }), false, null],
  [press('s', { metaKey: true }), false, null],
  [press('Enter', { ctrlKey: true }), true, 'send'],
  [press('Enter'), true, null],
  [press('Escape'), true, 'leave'],
  [press('Escape'), false, null],
  [press('x'), false, 'cancel'],
  [press('x'), true, null],
  [press('q'), false, null],
])('key %j (typing: %s) does %s', (event, isTyping, expected) =>
  expect(actionOf(event, isTyping)).toBe(expected),
);

test('single keys can be switched off; the others stay', () => {
  expect(actionOf(press('c'), false, false)).toBeNull();
  expect(actionOf({ ...press('Enter'), ctrlKey: true }, false, false)).toBe('send');
  expect(actionOf(press('Escape'), true, false)).toBe('leave');
});

test('fee schedules: those of the scenario first, and instead of a known one of their name', () => {
  const known = FEE_SCHEDULES.filter(({ name }) => name === 'per-share' || name === 'per-trade');
  const house = { ...FEE_SCHEDULES[1]!, name: 'house' };
  const own = { ...FEE_SCHEDULES[1]!, name: 'per-trade' };
  expect(schedulesOf({}, known)).toEqual(known);
  expect(schedulesOf({ feeSchedules: [house, own] }, known)).toEqual([house, own, known[0]]);
});

test.each`
  scenario                        | tier              | schedule
  ${{}}                           | ${''}             | ${'instrument'}
  ${{ riskTier: 'learner' }}      | ${''}             | ${'commission-free'}
  ${{ riskTier: 'professional' }} | ${'learner'}      | ${'commission-free'}
  ${{}}                           | ${'professional'} | ${'maker-rebate'}
  ${{ feeSchedule: 'house' }}     | ${'professional'} | ${'house'}
`('fees of $tier in $scenario at first: $schedule', ({ scenario, tier, schedule }) => {
  expect(scheduleOf(scenario, tier, FEE_SCHEDULE_OF_TIER)).toBe(schedule);
});
