import { expect, test } from 'vitest';
import { canCluster, mirrorIn, versionIn } from './nats-program.ts';

test.each`
  text                                                           | mirror
  ${'Debian http://a/debian/\nDebian http://a/debian-security/'} | ${'http://a/debian/'}
  ${'Debian http://a/debian-security/\nDebian http://b/debian/'} | ${'http://b/debian/'}
  ${'Ubuntu http://c/ubuntu/'}                                   | ${null}
  ${''}                                                          | ${null}
`('the mirror of a machine that knows $text is $mirror', ({ text, mirror }) => {
  expect(mirrorIn(text)).toBe(mirror);
});

test.each`
  said                      | may
  ${'nats-server: v2.9.10'} | ${false}
  ${'nats-server: v2.11.0'} | ${true}
  ${'nats-server: v3.0.0'}  | ${true}
  ${'something else'}       | ${false}
`('$said may stand in a cluster: $may', ({ said, may }) => {
  expect(canCluster(versionIn(said))).toBe(may);
});
