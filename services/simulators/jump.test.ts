import { expect, test } from 'vitest';
import { jumpOf } from './jump.ts';

const OPENS_MS = Date.UTC(2026, 0, 5, 14, 30);

test('a time becomes simulated nanoseconds', () => {
  expect(jumpOf({ to: '2026-01-05T14:30:01.250Z' }, OPENS_MS)).toEqual({
    type: 'jumpToTime',
    toNs: 1_250_000_000,
  });
});

test('the next own event is looked for within an hour, or what was asked', () => {
  const type = 'jumpToOwnEvent';
  expect(jumpOf({ nextOwnEvent: true }, OPENS_MS)).toEqual({ type, withinSeconds: 3_600 });
  const asked = { nextOwnEvent: true as const, withinSeconds: 9 };
  expect(jumpOf(asked, OPENS_MS)).toEqual({ type, withinSeconds: 9 });
});

test.each([
  [{}, 'to'],
  [{ to: '2026-01-05T15:00:00.000Z', nextOwnEvent: true as const }, 'to'],
  [{ to: '2026-01-05T15:00:00.000Z', withinSeconds: 5 }, 'withinSeconds'],
  [{ to: '2026-01-05T14:29:59.999Z' }, 'to'],
  [{ to: '2026-99-05T14:29:59.999Z' }, 'to'],
  [{ to: '2199-01-05T14:29:59.999Z' }, 'to'],
])('%j is refused at %s', (request, path) => {
  expect(() => jumpOf(request, OPENS_MS)).toThrow(
    expect.objectContaining({
      data: expect.objectContaining({ errors: [expect.objectContaining({ path })] }),
    }),
  );
});
