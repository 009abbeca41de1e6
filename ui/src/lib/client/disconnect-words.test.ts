import { expect, test } from 'vitest';
import { cancelNews, DISCONNECT_MODES } from './disconnect-words.ts';

const at = '2026-01-05T14:30:00.000Z';
const fired = { at, simulators: 1, detail: 'The session was gone.' };

test.each`
  what                    | view               | toldAt                        | tells
  ${'nothing happened'}   | ${{ fired: null }} | ${null}                       | ${false}
  ${'not told yet'}       | ${{ fired }}       | ${null}                       | ${true}
  ${'told already'}       | ${{ fired }}       | ${at}                         | ${false}
  ${'told of an earlier'} | ${{ fired }}       | ${'2026-01-05T14:00:00.000Z'} | ${true}
`('$what: $tells', ({ view, toldAt, tells }) => {
  expect(cancelNews(view, toldAt)).toEqual(tells ? expect.stringContaining(fired.detail) : null);
});

test('every mode says what it does', () => {
  expect(new Set(DISCONNECT_MODES.map(({ meaning }) => meaning)).size).toBe(3);
});
