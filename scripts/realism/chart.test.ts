import { describe, expect, test } from 'vitest';
import { type Chart, escaped, svgOf, ticksOf } from './chart.ts';

const chart = (points: [number, number][], more: Partial<Chart> = {}): Chart => ({
  title: 'A < B',
  x: 'x',
  y: 'y',
  series: [{ label: 'one', as: 'points', colour: 1, points }],
  ...more,
});

describe('axes', () => {
  test.each([
    [0, 10, false, [0, 2, 4, 6, 8, 10]],
    [-0.1, 0.4, false, [-0.1, 0, 0.1, 0.2, 0.3, 0.4]],
    [0.5, 2_000, true, [1, 10, 100, 1_000]],
    [2, 5, true, [2, 5]],
  ])('from %d to %d (log: %s)', (low, high, isLog, ticks) => {
    expect(ticksOf({ low, high, isLog })).toEqual(ticks.map((tick) => expect.closeTo(tick, 9)));
  });
});

test('higher values stand higher, later ones further right', () => {
  const found = [
    ...svgOf(
      chart([
        [1, 1],
        [10, 100],
      ]),
    ).matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g),
  ];
  const [[ax, ay], [bx, by]] = found.map(([, x, y]) => [Number(x), Number(y)]) as number[][];
  expect(bx).toBeGreaterThan(ax!);
  expect(by).toBeLessThan(ay!);
});

test('what a logarithm cannot show is left out', () => {
  const svg = svgOf(
    chart(
      [
        [1, 0],
        [2, 4],
        [3, Number.NaN],
        [4, 8],
      ],
      { logY: true },
    ),
  );
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('bars stand inside the frame', () => {
  const bars = svgOf(
    chart([], {
      series: [
        {
          label: 'one',
          as: 'bars',
          colour: 1,
          points: [
            [1, 1],
            [2, 3],
            [3, 2],
          ],
        },
      ],
    }),
  );
  const boxes = [...bars.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
  expect(boxes).toHaveLength(3);
  expect(Number(boxes[0]![1])).toBeGreaterThanOrEqual(52);
  expect(Number(boxes[2]![1]) + Number(boxes[2]![2])).toBeLessThanOrEqual(408);
});

test('a chart without points says so', () => {
  expect(svgOf(chart([]))).toContain('not measured');
});

test('text is escaped', () => {
  expect(svgOf(chart([[1, 1]]))).toContain('A &#60; B');
  expect(escaped('"&"')).toBe('&#34;&#38;&#34;');
});
