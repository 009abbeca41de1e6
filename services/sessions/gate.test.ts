import type { GateState } from '@sandpit/schemas/http.ts';
import { describe, expect, test } from 'vitest';
import { advance, gateOf, observe, type Quality, UNSEEN } from './gate.ts';

interface Beat {
  /** Seconds after the start. */
  at: number;
  rtt?: number;
  feed?: number;
  sequence?: number;
}

/** Plays heartbeats and answers the quality at `at` seconds. */
function play(beats: Beat[], at: number, from: Quality = UNSEEN): Quality {
  const seen = beats.reduce(
    (quality, { at: seconds, rtt, feed, sequence }, i) =>
      observe(
        quality,
        {
          sequence: sequence ?? i,
          ...(rtt === undefined ? {} : { roundTripMs: rtt }),
          ...(feed === undefined ? {} : { feedAgeMs: feed }),
        },
        seconds * 1_000,
      ),
    from,
  );
  return advance(seen, at * 1_000);
}

/** "0:100/50 5:100/50" = a heartbeat at 0 s with round trip 100 ms and feed age 50 ms, and so on. */
function beats(text: string): Beat[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [at, rest = ''] = word.split(':');
      const [rtt, feed] = rest.split('/');
      return {
        at: Number(at),
        ...(rtt ? { rtt: Number(rtt) } : {}),
        ...(feed ? { feed: Number(feed) } : {}),
      };
    });
}

test('a client that never sends a heartbeat is healthy, and says why', () => {
  expect(gateOf(advance(UNSEEN, 10 * 86_400_000))).toEqual({
    state: 'healthy',
    reasons: ['noHeartbeat'],
  });
});

describe('one measurement at a time', () => {
  test.each`
    played                         | at       | state           | reasons
    ${'0:80/100'}                  | ${0}     | ${'healthy'}    | ${''}
    ${'0:80/100'}                  | ${7.9}   | ${'healthy'}    | ${''}
    ${'0:80/100'}                  | ${8}     | ${'degraded'}   | ${'heartbeatLate'}
    ${'0:80/100'}                  | ${11.9}  | ${'degraded'}   | ${'heartbeatLate'}
    ${'0:80/100'}                  | ${12}    | ${'reduceOnly'} | ${'heartbeatLate'}
    ${'0:80/100'}                  | ${30}    | ${'closed'}     | ${'heartbeatLate'}
    ${'0:80/100'}                  | ${3_600} | ${'closed'}     | ${'heartbeatLate'}
    ${'0:999'}                     | ${0}     | ${'healthy'}    | ${''}
    ${'0:1000'}                    | ${0}     | ${'degraded'}   | ${'roundTripSlow'}
    ${'0:5000'}                    | ${0}     | ${'reduceOnly'} | ${'roundTripSlow'}
    ${'0:10000'}                   | ${0}     | ${'closed'}     | ${'roundTripSlow'}
    ${'0:80/5999'}                 | ${0}     | ${'healthy'}    | ${''}
    ${'0:80/6000'}                 | ${0}     | ${'degraded'}   | ${'feedStale'}
    ${'0:80/12000'}                | ${0}     | ${'reduceOnly'} | ${'feedStale'}
    ${'0:80/30000'}                | ${0}     | ${'closed'}     | ${'feedStale'}
    ${'0:5000/12000'}              | ${0}     | ${'reduceOnly'} | ${'roundTripSlow feedStale'}
    ${'0:800/12000'}               | ${0}     | ${'reduceOnly'} | ${'feedStale'}
    ${'0: 5:'}                     | ${5}     | ${'healthy'}    | ${''}
    ${'0:10 5:6000 10:10 15:6000'} | ${15}    | ${'degraded'}   | ${'roundTripUnsteady'}
    ${'0:10 5:6000 10:6000'}       | ${10}    | ${'reduceOnly'} | ${'roundTripSlow'}
  `('$played at $at s is $state ($reasons)', ({ played, at, state, reasons }) => {
    expect(gateOf(play(beats(played), at))).toEqual({
      state,
      reasons: reasons.split(' ').filter(Boolean),
    });
  });
});

test('one slow round trip among quick ones is noted and stops no order', () => {
  const quality = play(beats('0:50 5:50 10:50 15:2500 20:50'), 20);
  expect(gateOf(quality)).toEqual({ state: 'degraded', reasons: ['roundTripUnsteady'] });
});

test('after silence it takes some good seconds, not one heartbeat', () => {
  const silent = play(beats('0:80/100'), 40);
  const back = play([{ at: 41, rtt: 80, feed: 100, sequence: 9 }], 41, silent);
  expect(gateOf(back)).toEqual({ state: 'closed', reasons: ['recovering'] });
  expect(advance(back, 43_400).state).toBe('closed');
  expect(gateOf(advance(back, 43_500))).toEqual({ state: 'healthy', reasons: [] });
});

test('silence counts even when nobody looked in between', () => {
  const back = play(
    [
      { at: 0, rtt: 80 },
      { at: 60, rtt: 80 },
    ],
    60,
  );
  expect(back.state).toBe('closed');
  expect(advance(back, 62_500).state).toBe('healthy');
});

test('a connection at the limit does not flicker', () => {
  const states = new Set<GateState>();
  let quality = play(beats('0:1200'), 0);
  for (let i = 1; i <= 40; i++) {
    const roundTripMs = i % 2 === 0 ? 1_060 : 740;
    quality = observe(quality, { sequence: i, roundTripMs }, i * 5_000);
    states.add(quality.state);
  }
  expect([...states]).toEqual(['degraded']);
});

test('recovery that is interrupted starts again', () => {
  const closed = play(beats('0:80/30000'), 0);
  const better = observe(closed, { sequence: 1, feedAgeMs: 0 }, 1_000);
  const worse = observe(better, { sequence: 2, feedAgeMs: 30_000 }, 2_000);
  const again = observe(worse, { sequence: 3, feedAgeMs: 0 }, 2_500);
  expect(advance(again, 4_900).state).toBe('closed');
  expect(advance(again, 5_000).state).toBe('healthy');
});

test('recovery goes to what the measurements deserve, not further', () => {
  const closed = play(beats('0:80/30000'), 0);
  const better = observe(closed, { sequence: 1, feedAgeMs: 7_000 }, 1_000);
  expect(gateOf(advance(better, 3_500))).toEqual({ state: 'degraded', reasons: ['feedStale'] });
});

test('a heartbeat out of order is not believed', () => {
  const good = play([{ at: 0, rtt: 80, feed: 0, sequence: 5 }], 0);
  const stray = observe(good, { sequence: 4, feedAgeMs: 30_000 }, 100);
  expect(stray.state).toBe('healthy');
});

test('a reloaded tab may count from the start again', () => {
  const good = play([{ at: 0, rtt: 80, sequence: 500 }], 0);
  const reloaded = observe(good, { sequence: 0, roundTripMs: 80 }, 6_000);
  expect(reloaded.lastHeartbeatAtMs).toBe(6_000);
});

test('it survives being written down', () => {
  const quality = play(beats('0:80/7000 5:90/7000'), 6);
  const read = JSON.parse(JSON.stringify(quality)) as Quality;
  expect(advance(read, 60_000)).toEqual(advance(quality, 60_000));
});
