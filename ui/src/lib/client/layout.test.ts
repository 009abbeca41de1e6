import { expect, test } from 'vitest';
import { clampPanel, DEFAULT_LAYOUT, parseLayout } from './layout.ts';

test.each([
  ['as dragged', 'blotter', 300, 800, 300],
  ['never smaller than what shows something', 'blotter', 10, 800, 120],
  ['never so large that the chart is gone', 'blotter', 790, 800, 580],
  ['in a small window the least wins', 'tape', 500, 200, 90],
  ['whole pixels', 'book', 300.6, 1_400, 301],
] as const)('a panel is %s', (_name, panel, size, room, clamped) => {
  expect(clampPanel(panel, size, room)).toBe(clamped);
});

test.each([
  ['nothing stored', null, {}],
  ['no JSON', '{', {}],
  ['no object', '7', {}],
  ['another shape', '{"book":"wide","tape":1e9,"blotter":5}', {}],
  ['a part', '{"book":400}', { book: 400 }],
])('%s', (_name, text, kept) => expect(parseLayout(text)).toEqual({ ...DEFAULT_LAYOUT, ...kept }));
