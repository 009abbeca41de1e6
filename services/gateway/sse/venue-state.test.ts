import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test } from 'vitest';
import { VenueState } from './venue-state.ts';

const clock = (state: string, speed = 1) =>
  ({ type: 'clockChanged', clock: { state, speed } }) as unknown as VenueEvent;
test('a venue is live, recovering or halted as its owner, its clock and its market say', () => {
  const state = new VenueState(0);
  const turn = (event: VenueEvent, epoch = 1) =>
    state.record({ type: 'turn', epoch, events: [event] } as unknown as EventRecord);
  turn(clock('running'));
  expect(state.read('w', 1_000)).toBe('live');
  expect(state.read(null, 1_000)).toBe('recovering');
  expect(state.read('w', 3_001)).toBe('recovering');
  expect(state.market(1, 3_001)).toBe(true);
  expect(state.read('w', 6_000)).toBe('live');
  turn(clock('running', 0.1));
  expect(state.read('w', 30_000)).toBe('live');
  turn(clock('paused'));
  expect(state.read('w', 90_000)).toBe('live');
  turn(clock('paused'), 2);
  expect(state.market(1, 90_000)).toBe(false);
  turn(clock('stopped'), 2);
  expect(state.read('w', 90_000)).toBe('halted');
});

test('a quarantined command halts it until an operator has resumed it', () => {
  const state = new VenueState(0);
  const record = (type: string, ...events: VenueEvent[]) =>
    state.record({ type, epoch: 1, events } as unknown as EventRecord);
  record('turn', clock('running'));
  record('quarantined');
  record('turn');
  expect(state.read('w', 1_000)).toBe('halted');
  record('turn', clock('running'));
  expect(state.read('w', 1_000)).toBe('live');
});
