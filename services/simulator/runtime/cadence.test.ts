/** When the host has to look at a market, and that nobody can tell when it did not. */
import type { SimNs } from '@sandpit/schemas/units.ts';
import { expect, test } from 'vitest';
import { type Desk, restingTicks, startedDesk } from '../venue/testing/commands.ts';
import { isStepDue, unseenNs } from './cadence.ts';
import { advance } from './turns.ts';

const TICK_MS = 25;
const RUN_MS = 20_000;
const inMs = (fromNs: number, ms: number) => (fromNs + ms * 1e6) as SimNs;

test.each`
  speed | simMs   | watched  | due
  ${1}  | ${99}   | ${true}  | ${false}
  ${1}  | ${100}  | ${true}  | ${true}
  ${10} | ${999}  | ${true}  | ${false}
  ${10} | ${1000} | ${true}  | ${true}
  ${1}  | ${499}  | ${false} | ${false}
  ${1}  | ${500}  | ${false} | ${true}
  ${10} | ${4999} | ${false} | ${false}
  ${10} | ${5000} | ${false} | ${true}
`('at $speed ×, watched $watched, a step of $simMs ms is worth it: $due', (row) => {
  const { venue } = startedDesk(undefined, row.speed);
  expect(isStepDue(venue, inMs(venue.nowNs, row.simMs), row.watched)).toBe(row.due);
});

test.each([true, false])('an open order is looked after at every chance, watched %s', (watched) => {
  const desk = startedDesk();
  const soonNs = inMs(desk.venue.nowNs, 1);
  desk.order({ limitTicks: restingTicks(desk.venue) });
  expect(isStepDue(desk.venue, soonNs, watched)).toBe(true);
  desk.send({ type: 'cancelAll', symbol: null, side: null });
  expect(isStepDue(desk.venue, soonNs, watched)).toBe(false);
});

test('steps left out change no frame and no state', () => {
  const [every, due] = [startedDesk(), startedDesk()];
  let leftOut = 0;
  for (let passedMs = 0; passedMs < RUN_MS; passedMs += TICK_MS) {
    every.wait(TICK_MS);
    if (isStepDue(due.venue, targetIn(due, TICK_MS), true)) due.wait(TICK_MS);
    else {
      due.wallMs += TICK_MS;
      leftOut++;
    }
    expect(due.venue.takeFrames()).toEqual(every.venue.takeFrames());
  }
  due.wait(0);
  expect(leftOut).toBe((RUN_MS / TICK_MS) * (3 / 4));
  expect(due.venue.stateHash()).toBe(every.venue.stateHash());
});

test('the frames of an unwatched market are some of those of a watched one, with their numbers', () => {
  const [watched, unwatched] = [startedDesk(), startedDesk()];
  const shown = new Map<string, unknown>();
  let seen = 0;
  for (let passedMs = 0; passedMs < RUN_MS; passedMs += TICK_MS) {
    watched.wait(TICK_MS);
    for (const each of watched.venue.takeFrames()) shown.set(nameOf(each), each);
    const targetNs = targetIn(unwatched, TICK_MS);
    unwatched.wallMs += TICK_MS;
    if (!isStepDue(unwatched.venue, targetNs, false)) continue;
    advance(unwatched.venue, targetNs, unseenNs(unwatched.venue, targetNs), false);
    advance(unwatched.venue, targetNs, Number.POSITIVE_INFINITY);
    for (const each of unwatched.venue.takeFrames()) {
      expect(each).toEqual(shown.get(nameOf(each)));
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(20);
  expect(seen).toBeLessThan(shown.size / 3);
  expect(unwatched.venue.stateHash()).toBe(watched.venue.stateHash());
});

const targetIn = ({ venue, wallMs }: Desk, ms: number) => venue.targetNs(wallMs + ms);
const nameOf = ({ symbol, channel, frame }: { symbol: string; channel: string; frame: object }) =>
  `${symbol} ${channel} ${(frame as { sequence: number }).sequence}`;
