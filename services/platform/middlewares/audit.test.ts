import type { AuditEntry } from '@sandpit/schemas/audit.ts';
import type { ActionSchema, ServiceBroker } from 'moleculer';
import { expect, test } from 'vitest';
import type { AuditedAction } from '../action.ts';
import { problem } from '../errors.ts';
import { OPERATOR_USER_ID } from '../tokens.ts';
import { audit } from './audit.ts';

/** Calls an action through the middleware. @returns what it answered, and what the trail got. */
async function call(
  audited: AuditedAction | undefined,
  handler: () => Promise<unknown>,
  ctx: { params: object; userId?: string },
) {
  const entries: AuditEntry[] = [];
  const broker = {
    bus: { publish: async (_: string, entry: AuditEntry) => entries.push(entry) },
    metrics: { register: () => {}, increment: () => {} },
    logger: { error: () => {} },
  } as unknown as ServiceBroker;
  const middleware = audit();
  const wrapped = middleware.localAction!.call(
    broker,
    handler as never,
    { name: 'x.y', audit: audited } as unknown as ActionSchema,
  ) as unknown as (ctx: object) => Promise<unknown>;
  const principal = ctx.userId && { userId: ctx.userId, accountId: 'ada', loginId: 'l' };
  const context = {
    broker,
    params: ctx.params,
    meta: { correlationId: 'corr-1', token: 'secret' },
    locals: { principal },
  };
  const answer = await wrapped(context).catch((error: { type: string }) => error.type);
  await middleware.stopped!(broker);
  return { answer, entries };
}

const area = 'sessions';

test('a call leaves an entry with who, what, to which and how it ended', async () => {
  const { answer, entries } = await call(
    { area, action: 'sessionClosed' },
    async () => ({ done: true }),
    { params: { id: 'ses1', password: 'horse' }, userId: 'u1' },
  );
  expect(answer).toEqual({ done: true });
  expect(entries).toMatchObject([
    {
      area,
      action: 'sessionClosed',
      actor: 'trader',
      accountId: 'ada',
      subjectId: 'ses1',
      outcome: 'ok',
      correlationId: 'corr-1',
      detail: {},
    },
  ]);
  // What was given is not copied.
  expect(JSON.stringify(entries)).not.toMatch(/horse|secret/);
});

test.each`
  who                        | userId              | actor
  ${'a trader'}              | ${'u1'}             | ${'trader'}
  ${'the house in his name'} | ${OPERATOR_USER_ID} | ${'operator'}
  ${'somebody in the mesh'}  | ${undefined}        | ${'operator'}
`('$who is the $actor', async ({ userId, actor }) => {
  const params = { simulatorId: 'sim1', accountId: 'bob' };
  const { entries } = await call({ area, action: 'closed' }, async () => null, { params, userId });
  expect(entries).toMatchObject([{ actor, subjectId: 'sim1', accountId: userId ? 'ada' : 'bob' }]);
});

test('a refusal is noted with its code, and goes on to the caller', async () => {
  const { answer, entries } = await call(
    { area, action: 'sessionOpened', detail: (_, made) => ({ resumed: made?.resumed ?? false }) },
    async () => {
      throw problem('resumeReplayed');
    },
    { params: {}, userId: 'u1' },
  );
  expect(answer).toBe('resumeReplayed');
  expect(entries).toMatchObject([{ outcome: 'resumeReplayed', detail: { resumed: false } }]);
});

test('subject, account and facts are what the action picks', async () => {
  const audited: AuditedAction = {
    area: 'orders',
    action: 'killSwitchSet',
    subject: (_, answer) => answer?.made,
    account: ({ id }) => id,
    detail: ({ engaged }) => ({ engaged }),
  };
  const params = { id: 'acc1', engaged: true, reason: 'private' };
  const { entries } = await call(audited, async () => ({ made: 'new1' }), { params });
  expect(entries).toMatchObject([
    { subjectId: 'new1', accountId: 'acc1', detail: { engaged: true } },
  ]);
  expect(JSON.stringify(entries)).not.toContain('private');
});

test('an action that asks for none leaves none', async () => {
  const handler = async () => 'quiet';
  expect(await call(undefined, handler, { params: {} })).toEqual({ answer: 'quiet', entries: [] });
});
