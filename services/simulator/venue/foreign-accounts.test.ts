import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { expect, test } from 'vitest';
import { openDesk, scenarioWith } from './testing/commands.ts';

test.each(['cash', 'margin'] as const)(
  'the past of another engine version goes on with the terms of a %s account',
  (type) => {
    const fees = FEE_SCHEDULES[2]!;
    const account = {
      type,
      settlementDays: 1,
      fees,
      margin: { debitInterestPpm: 900_000, callGraceSeconds: 0 },
    };
    // Midnight comes after 80 seconds.
    const scenario = scenarioWith({ opensAt: '2026-01-05T23:58:40.000Z' });
    const desk = openDesk(scenario);
    const past = desk.start(1, 5, { account, startingCashMicros: 20_000_000_000 as never });
    past.push(
      ...desk.market('buy', type === 'cash' ? 110 : 200),
      ...desk.wait(60_000),
      ...desk.market('sell', 100),
    );
    past.push(...desk.wait(40_000));
    const heir = openDesk(scenario);
    heir.venue.applyForeign(past, desk.venue.nowNs);
    expect(heir.venue.account()).toEqual(desk.venue.account());
    const feesMicros = 2_000_000;
    expect(heir.venue.account()).toMatchObject({ type, feeSchedule: 'per-share', feesMicros });
    // Interest was charged at midnight, on what 200 shares cost beyond the cash.
    expect((heir.venue.account().interestMicros ?? 0) > 0).toBe(type === 'margin');
    expect(heir.venue.positions()).toEqual(desk.venue.positions());
    heir.wallMs = desk.wallMs;
    heir.sequence = 99;
    heir.wait(2_000);
    expect(heir.market('sell', 10).at(-1)).toMatchObject({ type: 'accountChanged' });
    const [fill] = heir.venue.executions(1);
    expect(fill).toMatchObject({ commissionMicros: 1_000_000, side: 'sell' });
  },
);
