import type { LiveMessage } from '@sandpit/bus/bus.ts';
import { expect, test } from 'vitest';
import { Renewals } from './renewals.ts';

function listening() {
  let nowMs = 1_000;
  let deliver: (message: LiveMessage) => void = () => {};
  const verified: (string | undefined)[] = [];
  const heard: string[] = [];
  const renewals = new Renewals({
    bus: {
      follow: (subject, onMessage) => {
        expect(subject).toBe('sandpit.v1.dms.*.*');
        deliver = onMessage;
        return { stop: async () => {} };
      },
    },
    verify: async (token) => {
      verified.push(token);
      if (!token?.startsWith('token-of-')) throw new Error('unauthenticated');
      return { accountId: token.slice('token-of-'.length) };
    },
    onHeard: ({ simulatorId }) => heard.push(simulatorId),
    now: () => nowMs,
  });
  const say = async (subject: string, token?: string) => {
    const headers = token === undefined ? {} : { 'Sandpit-Authorization': token };
    deliver({ subject, headers, body: null, data: new Uint8Array() });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { renewals, say, verified, heard, pass };
}

test('a message with a token of its account renews, once however often it is said', async () => {
  const { renewals, say, heard, pass } = listening();
  await say('sandpit.v1.dms.ada.sim1', 'token-of-ada');
  pass(40);
  await say('sandpit.v1.dms.ada.sim1', 'Bearer token-of-ada');
  await say('sandpit.v1.dms.ada.sim2', 'token-of-ada');
  pass(60);
  expect(renewals.drain()).toEqual([
    { accountId: 'ada', simulatorId: 'sim1', ageMs: 60 },
    { accountId: 'ada', simulatorId: 'sim2', ageMs: 60 },
  ]);
  expect(renewals.drain()).toEqual([]);
  expect(heard).toEqual(['sim1', 'sim1', 'sim2']);
});

test.each`
  what                        | subject                        | token
  ${'no token'}               | ${'sandpit.v1.dms.ada.sim1'}   | ${undefined}
  ${'a forged one'}           | ${'sandpit.v1.dms.ada.sim1'}   | ${'forged'}
  ${'one of another account'} | ${'sandpit.v1.dms.ada.sim1'}   | ${'token-of-bob'}
  ${'another kind'}           | ${'sandpit.v1.aud.ada.sim1'}   | ${'token-of-ada'}
  ${'a longer subject'}       | ${'sandpit.v1.dms.ada.sim1.x'} | ${'token-of-ada'}
  ${'no simulator'}           | ${'sandpit.v1.dms.ada'}        | ${'token-of-ada'}
`('$what renews nothing', async ({ subject, token }) => {
  const { renewals, say, heard } = listening();
  await say(subject, token);
  expect(renewals.drain()).toEqual([]);
  expect(heard).toEqual([]);
});

test('whoever shouts is not listened to for the rest of the second, others are', async () => {
  const { renewals, say, verified, pass } = listening();
  for (let i = 0; i < 200; i++) await say('sandpit.v1.dms.ada.sim1', 'forged');
  expect(verified).toHaveLength(20);
  await say('sandpit.v1.dms.bob.sim2', 'token-of-bob');
  expect(renewals.drain()).toMatchObject([{ simulatorId: 'sim2' }]);
  pass(1_000);
  await say('sandpit.v1.dms.ada.sim1', 'token-of-ada');
  expect(renewals.drain()).toMatchObject([{ simulatorId: 'sim1' }]);
});
