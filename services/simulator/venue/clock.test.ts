import { describe, expect, test } from 'vitest';
import { anchored, MAX_SIM_NS, simTimeAt } from './clock.ts';
import { nextCutNs } from './frame-grid.ts';

const WALL = 1_800_000_000_000;

describe('simulated time', () => {
  test.each`
    state        | speed  | afterMs   | notBefore | simNs
    ${'running'} | ${1}   | ${0}      | ${0}      | ${5e9}
    ${'running'} | ${1}   | ${1}      | ${0}      | ${5_001_000_000}
    ${'running'} | ${0.1} | ${1}      | ${0}      | ${5_000_100_000}
    ${'running'} | ${100} | ${60_000} | ${0}      | ${6_005e9}
    ${'running'} | ${1}   | ${-9_000} | ${0}      | ${5e9}
    ${'running'} | ${1}   | ${1_000}  | ${7e9}    | ${7e9}
    ${'running'} | ${100} | ${1e12}   | ${0}      | ${MAX_SIM_NS}
    ${'paused'}  | ${1}   | ${60_000} | ${0}      | ${5e9}
    ${'stopped'} | ${1}   | ${60_000} | ${0}      | ${5e9}
  `('$state at $speed ×, $afterMs ms after the anchor', (row) => {
    const { state, speed, afterMs, notBefore, simNs } = row;
    const clock = anchored(state, speed, 5e9, WALL);
    expect(simTimeAt(clock, WALL + afterMs, notBefore)).toBe(simNs);
  });
});

describe('the grid on which frames are cut', () => {
  test.each`
    nowNs         | speed  | cut
    ${0}          | ${1}   | ${100e6}
    ${99_999_999} | ${1}   | ${100e6}
    ${100e6}      | ${1}   | ${200e6}
    ${100e6}      | ${0.1} | ${200e6}
    ${1}          | ${10}  | ${1e9}
    ${12.3e9}     | ${100} | ${20e9}
  `('after $nowNs ns at $speed ×', ({ nowNs, speed, cut }) => {
    expect(nextCutNs(nowNs, speed)).toBe(cut);
  });
});
