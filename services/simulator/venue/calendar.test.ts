import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { describe, expect, test } from 'vitest';
import { Calendar } from './calendar.ts';
import { restoreVenue } from './create.ts';
import { Desk, scenarioWith, startedDesk } from './testing/commands.ts';

const DAY_NS = 86_400e9;

test.each`
  opensAt                       | days  | business | why
  ${'2026-01-05T14:30:00.000Z'} | ${0}  | ${true}  | ${'a Monday'}
  ${'2026-01-05T14:30:00.000Z'} | ${4}  | ${true}  | ${'Friday'}
  ${'2026-01-05T14:30:00.000Z'} | ${5}  | ${false} | ${'Saturday'}
  ${'2026-01-05T14:30:00.000Z'} | ${6}  | ${false} | ${'Sunday'}
  ${'2026-01-05T14:30:00.000Z'} | ${7}  | ${true}  | ${'Monday again'}
  ${'2026-01-05T14:30:00.000Z'} | ${14} | ${false} | ${'a holiday of the scenario'}
  ${'2026-01-04T23:59:59.999Z'} | ${0}  | ${false} | ${'the last millisecond of a Sunday'}
  ${'2028-02-28T12:00:00.000Z'} | ${1}  | ${true}  | ${'29 February, a Tuesday'}
  ${'2028-02-28T12:00:00.000Z'} | ${5}  | ${false} | ${'4 March, a Saturday'}
`('$days days after $opensAt: $why', ({ opensAt, days, business }) => {
  const calendar = new Calendar(Date.parse(opensAt), ['2026-01-19', '2026-12-25']);
  expect(calendar.isBusinessDay(days * DAY_NS)).toBe(business);
});

describe('what a cash account sells a minute before midnight', () => {
  const fees = FEE_SCHEDULES[1];
  const account = { type: 'cash' as const, settlementDays: 1, fees };
  const soldAt = (opensAt: string, holidays: string[]): Desk => {
    const scenario = scenarioWith({ opensAt, holidays, warmUpSeconds: 5 });
    const desk = startedDesk(scenario, 10, 5, { account });
    desk.market('buy', 100);
    desk.market('sell', 100);
    expect(desk.venue.account().unsettledMicros).toBeGreaterThan(0);
    // It goes on from what was saved, as after a takeover.
    const copy = new Desk(restoreVenue(scenario, desk.venue.snapshot()));
    copy.wallMs = desk.wallMs;
    copy.wait(6_500);
    return copy;
  };

  test.each`
    day                       | opensAt                       | holidays          | settles
    ${'Monday'}               | ${'2026-01-05T23:59:00.000Z'} | ${[]}             | ${true}
    ${'Friday'}               | ${'2026-01-09T23:59:00.000Z'} | ${[]}             | ${false}
    ${'Sunday'}               | ${'2026-01-11T23:59:00.000Z'} | ${[]}             | ${true}
    ${'the eve of a holiday'} | ${'2026-01-05T23:59:00.000Z'} | ${['2026-01-06']} | ${false}
  `('on $day', ({ opensAt, holidays, settles }) => {
    const { unsettledMicros } = soldAt(opensAt, holidays).venue.account();
    expect(unsettledMicros === 0).toBe(settles);
  });
});
