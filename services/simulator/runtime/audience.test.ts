import { describe, expect, test } from 'vitest';
import { Audience } from './audience.ts';

/** One that nobody heard at its first offer. */
function unheard(): Audience {
  const audience = new Audience();
  expect(audience.asks(0)).toBe(true);
  audience.unheard();
  return audience;
}

test('is there until the server says otherwise, and asked for once a second', () => {
  const audience = new Audience();
  const asked = Array.from({ length: 40 }, (_, i) => audience.asks(i * 100));
  expect(asked.filter(Boolean)).toHaveLength(4);
  expect(audience.isThere(4_000)).toBe(true);
});

test('is gone with the first offer that nobody hears', () => {
  expect(unheard().isThere(1)).toBe(false);
});

describe('once gone', () => {
  test('it is asked for at every chance', () => {
    const audience = unheard();
    for (const atMs of [500, 1_000, 1_500]) {
      expect(audience.asks(atMs)).toBe(true);
      audience.unheard();
      expect(audience.isThere(atMs)).toBe(false);
    }
  });

  test('it is back when an offer goes unanswered, and not before the next one says so', () => {
    const audience = unheard();
    audience.asks(500);
    expect(audience.isThere(500)).toBe(false);
    expect(audience.asks(1_000)).toBe(true);
    expect(audience.isThere(1_000)).toBe(true);
    expect(audience.asks(1_900)).toBe(false);
  });

  test('it wants frames to ask with now and then', () => {
    const audience = unheard();
    expect([399, 400].map((atMs) => audience.wantsFrames(atMs))).toEqual([false, true]);
    audience.asks(400);
    expect([401, 800].map((atMs) => audience.wantsFrames(atMs))).toEqual([false, true]);
  });

  test('a question lets it be expected for three seconds', () => {
    const audience = unheard();
    audience.expect(500);
    expect(audience.isThere(3_499)).toBe(true);
    expect(audience.isThere(3_500)).toBe(false);
  });

  test('an answer that comes while it is expected does not send it away', () => {
    const audience = unheard();
    audience.asks(500);
    audience.expect(501);
    audience.unheard();
    expect(audience.isThere(502)).toBe(true);
  });
});
