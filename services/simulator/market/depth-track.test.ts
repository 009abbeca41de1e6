import { expect, test } from 'vitest';
import { BUY, SELL } from './access.ts';
import { DepthTrack } from './depth-track.ts';

const SECOND = 1e9;
const track = new DepthTrack({
  stepMs: 2_000,
  withinTicks: [0, 10, 100],
  bidLots: [
    [5, 6],
    [15, 16],
    [105, 16],
  ],
  askLots: [
    [0, 7],
    [0, 7],
    [90, 97],
  ],
});

test.each([
  ['at the best price', BUY, -1, 0, 5],
  ['behind it, without it', BUY, 0, 10, 10],
  ['half of the way to a distance', BUY, 10, 55, 45],
  ['nothing beyond the last', BUY, 100, 1_000, 0],
  ['all there is', BUY, -1, 1_000, 105],
  ['the other side', SELL, -1, 55, 45],
] as const)('%s', (_name, side, from, to, lots) => {
  expect(track.lots(0, side, from, to)).toBeCloseTo(lots, 9);
});

test('a row stands for its step, the last one until the end', () => {
  const at = (seconds: number) => track.lots(seconds * SECOND, BUY, -1, 0);
  expect([0, 1.999, 2, 3, 1_000].map(at)).toEqual([5, 5, 6, 6, 6]);
});
