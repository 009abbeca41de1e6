import { subjects } from '@sandpit/bus/subjects.ts';
import type { AuditView } from '@sandpit/schemas/audit.ts';
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { auditOf } from '../platform/audit.ts';
import { newId } from '../platform/ids.ts';
import { testBroker } from '../platform/test/broker.ts';
import service from './audit.service.ts';

let broker: ServiceBroker;
let other: ServiceBroker;

beforeAll(async () => {
  const namespace = `audit-${newId().slice(0, 8)}`;
  [broker, other] = [1, 2].map(() => {
    const each = testBroker(inject('servers'), { SANDPIT_NAMESPACE: namespace });
    each.tokens.verify = async (token) => ({
      userId: 'u',
      accountId: token ?? '',
      loginId: 'l',
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    });
    each.createService(service as never);
    return each;
  });
  await Promise.all([broker.start(), other.start()]);
});
afterAll(() => Promise.all([broker.stop(), other.stop()]));

const note = (accountId: string, action = 'loggedIn', from = broker) =>
  auditOf(from).note({ area: 'identity', action, actor: 'trader', accountId });
const list = (accountId: string, params: object = {}) =>
  broker.call<{ items: AuditView[]; nextSince: number }, object>('audit.list', params, {
    meta: { token: accountId },
  });
const verify = () =>
  broker.call<{ entries: number; fault: string | null; behind: number }>('audit.verify');
/** What a superuser could do: past the trigger, and undone again. */
async function tampered(change: string, undo: string, params: string[]): Promise<string | null> {
  const run = async (text: string) => {
    await sql`alter table audit_entries disable trigger audit_entries_stay`.execute(
      broker.database,
    );
    await sql.raw(text).execute(broker.database);
    await sql`alter table audit_entries enable trigger audit_entries_stay`.execute(broker.database);
  };
  const fill = (text: string) =>
    params.reduce((all, each, i) => all.replaceAll(`$${i}`, each), text);
  await run(fill(change));
  const { fault } = await verify();
  await run(fill(undo));
  return fault;
}

test('a trader reads his own trail, newest first, and on from a place', async () => {
  const [ada, bob] = [newId(), newId()];
  note(ada, 'signedUp');
  note(bob, 'signedUp', other);
  note(ada, 'loggedIn', other);
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(2);
  note(ada, 'loggedOut');
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(3);
  const { items, nextSince } = await list(ada);
  expect(items[0]).toMatchObject({ action: 'loggedOut', accountId: ada, outcome: 'ok' });
  expect(items.every(({ accountId }) => accountId === ada)).toBe(true);
  expect(nextSince).toBe(items[0]!.n);
  const later = await list(ada, { since: items[2]!.n, limit: 1 });
  expect(later.items.map(({ n }) => n)).toEqual([items[1]!.n]);
});

test('two processes make one chain without a gap, each entry once', async () => {
  const ada = newId();
  for (let i = 0; i < 60; i++) note(ada, 'loggedIn', i % 2 === 0 ? broker : other);
  await expect
    .poll(async () => (await list(ada, { limit: 500 })).items.length, { timeout: 10_000 })
    .toBe(60);
  expect(await verify()).toMatchObject({ fault: null, behind: 0 });
});

test('what is on AUDIT and no entry is passed over', async () => {
  const ada = newId();
  await broker.bus.publish(subjects.audit('identity'), { not: 'an entry' }, { stream: 'AUDIT' });
  note(ada);
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(1);
  expect((await verify()).fault).toBeNull();
});

test('rows cannot be changed or deleted', async () => {
  const db = broker.database;
  await expect(sql`update audit_entries set account_id = 'x'`.execute(db)).rejects.toThrow(
    /added to/,
  );
  await expect(sql`delete from audit_entries`.execute(db)).rejects.toThrow(/added to/);
  await expect(sql`truncate audit_entries`.execute(db)).rejects.toThrow(/added to/);
});

test('whoever gets past that is found out', async () => {
  const ada = newId();
  for (let i = 0; i < 3; i++) note(ada);
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(3);
  const [last, middle] = (await list(ada)).items;
  const n = `${middle!.n}`;
  expect(
    await tampered(
      `update audit_entries set entry = replace(entry, 'loggedIn', 'loggedUp') where n = $0`,
      `update audit_entries set entry = replace(entry, 'loggedUp', 'loggedIn') where n = $0`,
      [n],
    ),
  ).toBe(`entry ${n} was changed`);
  const copy = `create table audit_kept as select * from audit_entries where n >= $0;
    delete from audit_entries where n >= $0`;
  const back = `insert into audit_entries select * from audit_kept; drop table audit_kept`;
  // The end cut off leaves a chain that is whole: AUDIT knows better.
  expect(await tampered(copy, back, [`${last!.n}`])).toMatch(/what stands on AUDIT .* is missing/);
  expect(
    await tampered(
      `create table audit_kept as select * from audit_entries where n = $0;
       delete from audit_entries where n = $0`,
      back,
      [n],
    ),
  ).toBe(`entry ${n} is missing`);
  expect((await verify()).fault).toBeNull();
});
