import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { expect, test } from 'vitest';
import { ToldEvents } from './told-events.ts';

const event = (causeId: string) => ({ causeId }) as VenueEvent;
const ids = (events: readonly VenueEvent[]) => events.map(({ causeId }) => causeId);

test('what is taken is gone, and stays as it was', () => {
  const told = new ToldEvents();
  told.add(event('a'));
  told.add(event('b'));
  expect(ids(told.all)).toEqual(['a', 'b']);
  const first = told.take();
  told.add(event('c'));
  expect(ids(told.all)).toEqual(['c']);
  expect(ids(first)).toEqual(['a', 'b']);
  expect(ids(told.take())).toEqual(['c']);
  expect(told.take()).toEqual([]);
});

test('a burst is taken whole', () => {
  const told = new ToldEvents();
  const causes = Array.from({ length: 300 }, (_, i) => `c${i}`);
  for (const cause of causes) told.add(event(cause));
  expect(ids(told.take())).toEqual(causes);
  told.add(event('after'));
  expect(ids(told.take())).toEqual(['after']);
});
