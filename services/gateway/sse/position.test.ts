import { expect, test } from 'vitest';
import { parsePosition, resumeFrom } from './position.ts';

test.each`
  text                       | position
  ${'abc1-42'}               | ${{ incarnation: 'abc1', sequence: 42 }}
  ${'abc1-0'}                | ${{ incarnation: 'abc1', sequence: 0 }}
  ${'abc1'}                  | ${null}
  ${'-42'}                   | ${null}
  ${'abc1--42'}              | ${null}
  ${'abc1-4x'}               | ${null}
  ${'abc1-9007199254740993'} | ${null}
  ${'abc1-42\nid: evil-1'}   | ${null}
  ${undefined}               | ${null}
`('$text is $position', ({ text, position }) => {
  expect(parsePosition(text)).toEqual(position);
});

const known = { incarnation: 'a', headSequence: 100, ringAfter: 50, firstSequence: 10 };
test.each`
  rule                               | given                                  | way
  ${'no position'}                   | ${null}                                | ${'snapshot'}
  ${'another log'}                   | ${{ incarnation: 'b', sequence: 90 }}  | ${'snapshot'}
  ${'ahead of the log'}              | ${{ incarnation: 'a', sequence: 101 }} | ${'snapshot'}
  ${'up to date'}                    | ${{ incarnation: 'a', sequence: 100 }} | ${'ring'}
  ${'the oldest that memory serves'} | ${{ incarnation: 'a', sequence: 50 }}  | ${'ring'}
  ${'just before memory'}            | ${{ incarnation: 'a', sequence: 49 }}  | ${'read'}
  ${'the oldest that is stored'}     | ${{ incarnation: 'a', sequence: 9 }}   | ${'read'}
  ${'older than what is stored'}     | ${{ incarnation: 'a', sequence: 8 }}   | ${'snapshot'}
`('$rule: $way', ({ given, way }) => {
  expect(resumeFrom(given, known)).toBe(way);
});
