import type { Gate } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { gateOfOrder } from './gate-text.ts';

const shut: Gate = { state: 'closed', reasons: ['heartbeatLate'] };
const stamp = { sentAt: '2026-01-05T14:30:00.000Z', seenAt: '2026-01-05T14:29:59.900Z' };

test('a desk that sees the market and can say so is not kept out by what was before', () => {
  expect(gateOfOrder(shut, true, stamp)).toEqual({ state: 'degraded', reasons: ['heartbeatLate'] });
});

test.each<[string, Gate, boolean, object | null]>([
  ['the market is not in sight', shut, false, stamp],
  ['server time is not known', shut, true, null],
  ['nothing was seen yet', shut, true, { sentAt: stamp.sentAt }],
  ['the session has ended', { state: 'closed', reasons: ['sessionExpired'] }, true, stamp],
  ['it is open anyway', { state: 'healthy', reasons: [] }, true, stamp],
])('the gate stays as it is: %s', (_, gate, isLive, given) => {
  expect(gateOfOrder(gate, isLive, given)).toBe(gate);
});
