import { describe, expect, test } from 'vitest';
import { nextLookMs, sessionEnd, sessionEndText } from './session-end.ts';

const MINUTE = 60_000;
const active = { state: 'active' } as const;

describe('what is said of a session that nothing keeps alive', () => {
  test.each`
    leftMs            | said
    ${30 * MINUTE}    | ${null}
    ${5 * MINUTE + 1} | ${null}
    ${5 * MINUTE}     | ${'Your session ends in 5 minutes, because no desk is open.'}
    ${61_000}         | ${'Your session ends in 2 minutes, because no desk is open.'}
    ${MINUTE}         | ${'Your session ends in a minute, because no desk is open.'}
    ${1}              | ${'Your session ends in a minute, because no desk is open.'}
    ${0}              | ${'Your session has ended, because no desk was open. Opening one begins it again.'}
  `('$leftMs ms before its end: $said', ({ leftMs, said }) => {
    const end = sessionEnd(active, leftMs);
    expect(end && sessionEndText(end)).toBe(said);
  });

  test.each(['expired', 'closed'] as const)('%s is told, whatever the clock says', (state) => {
    expect(sessionEnd({ state }, 9 * MINUTE)).toEqual({ kind: 'ended' });
  });
});

test('it is looked at in time for the warning, and not often before', () => {
  expect(nextLookMs(active, 30 * MINUTE)).toBe(5 * MINUTE);
  expect(nextLookMs(active, 7 * MINUTE)).toBe(2 * MINUTE);
  expect(nextLookMs(active, 5 * MINUTE + 1)).toBe(15_000);
  expect(nextLookMs(active, 3 * MINUTE)).toBe(15_000);
  // Another tab may begin it again.
  expect(nextLookMs({ state: 'expired' }, -1)).toBe(5 * MINUTE);
  expect(nextLookMs({ state: 'closed' }, 9 * MINUTE)).toBeNull();
  let leftMs = 30 * MINUTE;
  let looks = 0;
  while (leftMs > 0) {
    leftMs -= nextLookMs(active, leftMs)!;
    looks += 1;
  }
  expect(looks).toBeLessThan(30);
});
