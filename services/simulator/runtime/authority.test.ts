import type { StoredMessage } from '@sandpit/bus/bus.ts';
import { expect, test } from 'vitest';
import { problem } from '../../platform/errors.ts';
import { Authority } from './authority.ts';

const address = { simulatorId: 'sim', accountId: 'ada' };
const tokens: Record<string, { accountId: string; userId: string }> = {
  ada: { accountId: 'ada', userId: 'u1' },
  bob: { accountId: 'bob', userId: 'u2' },
  operator: { accountId: 'ada', userId: 'operator' },
  operatorForBob: { accountId: 'bob', userId: 'operator' },
};
const authority = new Authority({
  verify: async (token = '') => {
    if (token === 'away') throw problem('unavailable');
    const principal = tokens[token];
    if (!principal) throw problem('unauthenticated');
    return principal;
  },
});
const kill = (scope: string, by: string) => ({
  type: 'killSwitch',
  scope,
  by,
  engaged: true,
  reason: 'r',
  cancelOpenOrders: true,
});
const cancel = (cause?: string) => ({
  type: 'cancelAll',
  symbol: null,
  side: null,
  ...(cause && { cause }),
});
const message = (body: object, token: string) => {
  const receivedAt = '2026-01-05T14:30:00.000Z';
  const ids = { commandId: 'c1', correlationId: 'r', ...address };
  return {
    body: { ...ids, receivedAt, deadlineAt: null, body },
    headers: { 'Sandpit-Authorization': token },
    storedAtMs: 0,
  } as unknown as StoredMessage;
};

test.each`
  body                               | token               | passes
  ${{ type: 'stop' }}                | ${'ada'}            | ${true}
  ${{ type: 'stop' }}                | ${'bob'}            | ${false}
  ${{ type: 'stop' }}                | ${'nobody'}         | ${false}
  ${{ type: 'stop' }}                | ${'away'}           | ${'later'}
  ${cancel()}                        | ${'ada'}            | ${true}
  ${cancel('deadMan')}               | ${'ada'}            | ${false}
  ${cancel('disconnect')}            | ${'operator'}       | ${true}
  ${{ type: 'unhalt', reason: 'r' }} | ${'ada'}            | ${false}
  ${{ type: 'unhalt', reason: 'r' }} | ${'operator'}       | ${true}
  ${kill('simulator', 'trader')}     | ${'ada'}            | ${true}
  ${kill('account', 'trader')}       | ${'ada'}            | ${true}
  ${kill('account', 'trader')}       | ${'bob'}            | ${false}
  ${kill('account', 'trader')}       | ${'operator'}       | ${true}
  ${kill('simulator', 'operator')}   | ${'ada'}            | ${false}
  ${kill('account', 'operator')}     | ${'ada'}            | ${false}
  ${kill('global', 'trader')}        | ${'ada'}            | ${false}
  ${kill('global', 'operator')}      | ${'ada'}            | ${false}
  ${kill('global', 'operator')}      | ${'operator'}       | ${true}
  ${kill('simulator', 'operator')}   | ${'operator'}       | ${true}
  ${kill('simulator', 'operator')}   | ${'operatorForBob'} | ${false}
`('$body.type of $body.scope by $body.by with the token of $token: $passes', async (row) => {
  expect(await authority.judge(address, message(row.body, row.token))).toMatchObject({
    passes: row.passes,
  });
});
