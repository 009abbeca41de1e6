import { expect, test } from 'vitest';
import { mirrorIn } from './nats-program.ts';

test.each`
  text                                                           | mirror
  ${'Debian http://a/debian/\nDebian http://a/debian-security/'} | ${'http://a/debian/'}
  ${'Debian http://a/debian-security/\nDebian http://b/debian/'} | ${'http://b/debian/'}
  ${'Ubuntu http://c/ubuntu/'}                                   | ${null}
  ${''}                                                          | ${null}
`('the mirror of a machine that knows $text is $mirror', ({ text, mirror }) => {
  expect(mirrorIn(text)).toBe(mirror);
});
