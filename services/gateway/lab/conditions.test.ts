import type { LabFault } from '@sandpit/schemas/lab.ts';
import { describe, expect, test } from 'vitest';
import { CLEAR, conditionsAt, nextChangeMs, type Plan, sightSinceMs } from './conditions.ts';

const plan = (seconds: number, ...faults: LabFault[]): Plan => ({
  lengthMs: seconds * 1_000,
  faults,
});
const at = (given: Plan, seconds: number) => {
  const conditions = conditionsAt(given, seconds * 1_000);
  const differs = Object.entries(conditions).filter(
    ([name, value]) => value !== CLEAR[name as keyof typeof CLEAR],
  );
  return Object.fromEntries(differs);
};

describe('one fault', () => {
  test.each`
    fault                                                      | conditions
    ${{ type: 'latency', delayMs: 150, jitterMs: 50 }}         | ${{ delayMs: 150, jitterMs: 50 }}
    ${{ type: 'loss', ratio: 0.2 }}                            | ${{ lossRatio: 0.2 }}
    ${{ type: 'disconnect', seconds: 9 }}                      | ${{ toVenue: 'cut', toClient: 'cut' }}
    ${{ type: 'halfOpen', seconds: 9 }}                        | ${{ toVenue: 'held', toClient: 'held' }}
    ${{ type: 'halfOpen', seconds: 9, direction: 'toVenue' }}  | ${{ toVenue: 'held' }}
    ${{ type: 'halfOpen', seconds: 9, direction: 'toClient' }} | ${{ toClient: 'held' }}
    ${{ type: 'throttle', bytesPerSecond: 8_000 }}             | ${{ bytesPerSecond: 8_000 }}
    ${{ type: 'submitsDown' }}                                 | ${{ submitsDown: true }}
    ${{ type: 'cancelsDown' }}                                 | ${{ cancelsDown: true }}
    ${{ type: 'staleBook' }}                                   | ${{ bookStale: true }}
    ${{ type: 'rejects', ratio: 1 }}                           | ${{ rejectRatio: 1 }}
  `('$fault.type $fault.direction', ({ fault, conditions }) => {
    expect(at(plan(60, fault), 1)).toEqual(conditions);
    expect(at(plan(60, { ...fault, fromSeconds: 2 }), 1)).toEqual({});
    expect(at(plan(60, { ...fault, fromSeconds: 2 }), 2)).toEqual(conditions);
  });
});

describe('together', () => {
  const cut: LabFault = { type: 'disconnect', fromSeconds: 10, seconds: 5 };
  const held: LabFault = { type: 'halfOpen', fromSeconds: 12, seconds: 10 };
  test.each`
    faults                                                                   | seconds | conditions
    ${[cut, held]}                                                           | ${9.9}  | ${{}}
    ${[cut, held]}                                                           | ${10}   | ${{ toVenue: 'cut', toClient: 'cut' }}
    ${[cut, held]}                                                           | ${13}   | ${{ toVenue: 'cut', toClient: 'cut' }}
    ${[held, cut]}                                                           | ${13}   | ${{ toVenue: 'cut', toClient: 'cut' }}
    ${[cut, held]}                                                           | ${15}   | ${{ toVenue: 'held', toClient: 'held' }}
    ${[cut, held]}                                                           | ${22}   | ${{}}
    ${[{ type: 'latency', delayMs: 100 }, { type: 'latency', delayMs: 50 }]} | ${0}    | ${{ delayMs: 150 }}
    ${Array(4).fill({ type: 'latency', delayMs: 2_000 })}                    | ${0}    | ${{ delayMs: 5_000 }}
    ${Array(2).fill({ type: 'loss', ratio: 0.5 })}                           | ${0}    | ${{ lossRatio: 0.75 }}
    ${[{ type: 'submitsDown' }]}                                             | ${59.9} | ${{ submitsDown: true }}
    ${[{ type: 'submitsDown' }]}                                             | ${60}   | ${{}}
    ${[{ type: 'submitsDown' }]}                                             | ${-1}   | ${{}}
    ${[{ type: 'disconnect', fromSeconds: 50, seconds: 100 }]}               | ${60}   | ${{}}
  `('after $seconds s', ({ faults, seconds, conditions }) => {
    expect(at(plan(60, ...faults), seconds)).toEqual(conditions);
  });
});

test('every change is announced, the end last', () => {
  const given = plan(
    60,
    { type: 'disconnect', fromSeconds: 10, seconds: 5 },
    { type: 'latency', delayMs: 5, fromSeconds: 55, seconds: 90 },
    { type: 'staleBook' },
  );
  const changes: number[] = [];
  for (let at: number | null = -1; at !== null; at = nextChangeMs(given, at)) changes.push(at);
  expect(changes.slice(1)).toEqual([0, 10_000, 15_000, 55_000, 60_000]);
  expect(nextChangeMs(given, 60_000)).toBe(null);
});

test.each`
  at    | since
  ${5}  | ${0}
  ${16} | ${15}
  ${29} | ${15}
  ${41} | ${40}
  ${70} | ${40}
`('at $at s a client can see since $since s', ({ at, since }) => {
  const given = plan(
    60,
    { type: 'disconnect', fromSeconds: 10, seconds: 5 },
    { type: 'halfOpen', fromSeconds: 30, seconds: 10, direction: 'toVenue' },
    { type: 'latency', delayMs: 5 },
  );
  expect(sightSinceMs(given, at * 1_000)).toBe(since * 1_000);
});
