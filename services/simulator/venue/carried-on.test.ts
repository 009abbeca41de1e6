/** From what a venue is carried on: its snapshot, or what another engine version has recorded. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { describe, expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { foreignOutcomes } from './foreign.ts';
import {
  Desk,
  openDesk,
  restingTicks,
  SYMBOL,
  scenarioWith,
  seconds,
  startedDesk,
} from './testing/commands.ts';

const types = (events: readonly VenueEvent[]) => events.map(({ type }) => type).join(' ');
const limitTicks = (desk: Desk) => restingTicks(desk.venue);

describe('a snapshot', () => {
  test('of a venue that has not started starts like it', () => {
    const desk = openDesk();
    const copy = new Desk(restoreVenue(scenarioWith(), desk.venue.snapshot()));
    expect(copy.start()).toEqual(desk.start());
    expect(copy.venue.stateHash()).toBe(desk.venue.stateHash());
  });

  test.each`
    damage                 | spoil
    ${'cut short'}         | ${(bytes: Uint8Array) => bytes.slice(0, bytes.length / 2)}
    ${'of something else'} | ${(bytes: Uint8Array) => bytes.fill(1, 0, 4)}
    ${'empty'}             | ${() => new Uint8Array()}
  `('that is $damage is refused with what to do', ({ spoil }) => {
    const bytes = spoil(startedDesk().venue.snapshot());
    expect(() => restoreVenue(scenarioWith(), bytes)).toThrow('Use an older one.');
  });

  test('of another scenario is refused', () => {
    const bytes = startedDesk().venue.snapshot();
    const other = scenarioWith({ id: 'other' });
    expect(() => restoreVenue(other, bytes)).toThrow('is of scenario test, not of other');
  });
});

describe('the past of another engine version', () => {
  test('answers only what was a command', () => {
    const [event] = startedDesk().market('buy');
    const causes = foreignOutcomes([event!, { ...event!, causeId: null }]);
    expect(causes).toEqual([{ commandId: 'cmd-2', type: 'newOrder', events: [event] }]);
  });

  test('is taken as it stands, and trading goes on from there', () => {
    const desk = openDesk();
    const past = [...desk.start()];
    past.push(...desk.market('buy', 300), ...desk.order({ limitTicks: limitTicks(desk) }));
    const heir = openDesk();
    heir.venue.applyForeign(past, seconds(25));
    expect(heir.venue.account()).toEqual(desk.venue.account());
    expect(heir.venue.positions()).toEqual(desk.venue.positions());
    expect(heir.venue.orders(9)).toEqual(desk.venue.orders(9));
    expect(heir.venue.executions(9)).toEqual(desk.venue.executions(9));
    expect(heir.venue.outcome('cmd-2')).toEqual(desk.venue.outcome('cmd-2'));
    expect(heir.venue.clock).toEqual(desk.venue.clock);

    heir.wallMs += 15_000;
    heir.sequence = 9;
    heir.wait(0);
    expect(heir.venue.nowNs).toBe(seconds(35));
    const price = Number(desk.venue.executions(1)[0]!.priceTicks) / 100;
    expect(Number(heir.venue.quote(SYMBOL)!.bid) / price).toBeCloseTo(1, 1);
    expect(types(heir.send({ type: 'cancelOrder', orderId: '2' }))).toBe(
      'orderCanceled accountChanged',
    );
    expect(heir.market('sell', 300).at(-1)).toMatchObject({
      type: 'accountChanged',
      account: { reservedMicros: 0 },
    });
    const ids = heir.venue.executions(99).map(({ executionId }) => Number(executionId));
    expect(ids).toEqual(ids.map((_, i) => ids.length - i));
    expect(heir.order({ clientOrderId: 'c2', limitTicks: 1 })).toMatchObject([
      { reason: 'duplicateClientOrderId', orderId: '1' },
    ]);
  });
});
