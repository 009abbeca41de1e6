import { expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { Desk, SYMBOL, scenarioWith, startedDesk } from './testing/commands.ts';

const HOUR_MS = 3_600_000;

test('the market stands from one nanosecond to the next, however long nobody is there', () => {
  const away = startedDesk();
  const there = startedDesk();
  const fromNs = away.venue.nowNs;
  const [put] = away.venue.hibernate('begins', away.wallMs);
  expect(put).toMatchObject({
    type: 'clockChanged',
    causeId: null,
    clock: { state: 'paused', hibernated: 'running', anchorSimNs: fromNs },
  });
  away.wallMs += 40 * HOUR_MS;
  expect(away.venue.targetNs(away.wallMs)).toBe(fromNs);
  const copy = new Desk(restoreVenue(scenarioWith(), away.venue.snapshot()));
  expect(copy.venue.stateHash()).toBe(away.venue.stateHash());
  copy.wallMs = away.wallMs;
  const [woken] = copy.venue.hibernate('ends', copy.wallMs);
  expect(woken).toMatchObject({ clock: { state: 'running', anchorSimNs: fromNs } });
  expect(copy.venue.clock).not.toHaveProperty('hibernated');
  copy.wait(60_000);
  there.wait(60_000);
  expect(copy.venue.nowNs).toBe(there.venue.nowNs);
  expect(copy.venue.tapeHash()).toBe(there.venue.tapeHash());
  expect(copy.venue.book(SYMBOL, 10)).toEqual(there.venue.book(SYMBOL, 10));
});

test('one that was paused stays paused when it wakes', () => {
  const desk = startedDesk();
  desk.send({ type: 'pause' });
  desk.venue.hibernate('begins', desk.wallMs);
  expect(desk.venue.clock).toMatchObject({ state: 'paused', hibernated: 'paused' });
  desk.venue.hibernate('ends', desk.wallMs + HOUR_MS);
  expect(desk.venue.clock?.state).toBe('paused');
  expect(desk.venue.clock).not.toHaveProperty('hibernated');
});

test('the state hash knows whether it sleeps, and what it goes back to', () => {
  const hashes = [false, true].map((pausedBefore) => {
    const desk = startedDesk();
    if (pausedBefore) desk.send({ type: 'pause' });
    desk.venue.hibernate('begins', desk.wallMs);
    return desk.venue.stateHash();
  });
  const paused = startedDesk();
  paused.send({ type: 'pause' });
  expect(new Set([...hashes, paused.venue.stateHash()]).size).toBe(3);
});

test('nothing happens a second time, during a jump, or after the end', () => {
  const desk = startedDesk();
  expect(desk.venue.hibernate('ends', desk.wallMs)).toEqual([]);
  const [put] = desk.venue.hibernate('begins', desk.wallMs);
  const hash = desk.venue.stateHash();
  // It says so once more.
  expect(desk.venue.hibernate('begins', desk.wallMs + 1_000)).toEqual([put]);
  expect(desk.venue.stateHash()).toBe(hash);
  desk.venue.hibernate('ends', desk.wallMs);
  desk.send({ type: 'step', unit: 'minute', count: 1 });
  expect(desk.venue.hibernate('begins', desk.wallMs)).toEqual([]);
  desk.send({ type: 'stop' });
  expect(desk.venue.hibernate('begins', desk.wallMs)).toEqual([]);
});
