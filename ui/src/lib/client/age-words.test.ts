import { expect, test } from 'vitest';
import { agoText } from './age-words.ts';

test.each`
  ms             | text
  ${-5}          | ${'0 s ago'}
  ${59_999}      | ${'59 s ago'}
  ${60_000}      | ${'1 min ago'}
  ${3_599_000}   | ${'59 min ago'}
  ${3_661_000}   | ${'1 h 1 min ago'}
  ${86_400_000}  | ${'a day ago'}
  ${300_000_000} | ${'3 days ago'}
`('$ms ms: $text', ({ ms, text }) => {
  expect(agoText(ms)).toBe(text);
});
