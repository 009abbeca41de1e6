import { RejectReason } from '@sandpit/schemas/order.ts';
import { expect, test } from 'vitest';
import { reasonText } from './reasons.ts';

const REASONS = RejectReason.anyOf.map((each) => each.const);

test.each(REASONS)('%s: what was wrong, and what to do', (reason) => {
  const text = reasonText(reason);
  expect(text).not.toBe(reason);
  // Two statements at least, in words and not in the venue's codes.
  expect(text.match(/[.;](?= |$)/g)?.length ?? 0).toBeGreaterThanOrEqual(2);
  expect(text).not.toMatch(/[a-z][A-Z]/);
});

test('no two reasons read alike; none is no text', () => {
  expect(new Set(REASONS.map(reasonText)).size).toBe(REASONS.length);
  expect(reasonText(null)).toBe('');
});
