import { subjects } from '@sandpit/bus/subjects.ts';
import type { AuditEntry, AuditView } from '@sandpit/schemas/audit.ts';
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { auditOf } from '../platform/audit.ts';
import { newId } from '../platform/ids.ts';
import { testBroker } from '../platform/test/broker.ts';
import service from './audit.service.ts';
import { hashOf } from './chain.ts';
import { TRIMMED } from './places.ts';
import { trim } from './trim.ts';
import type { Verdict } from './verify.ts';

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
const verify = () => broker.call<Verdict>('audit.verify');
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

/** Swaps two entries and makes the chain anew from there on: every hash is right. */
async function swapped(first: number, second: number): Promise<() => Promise<void>> {
  const db = broker.database;
  const table = (on: boolean) =>
    sql.raw(`alter table audit_entries ${on ? 'enable' : 'disable'} trigger audit_entries_stay`);
  const rows = await db
    .selectFrom('audit_entries')
    .selectAll()
    .where('n', '>=', `${first}`)
    .orderBy('n')
    .execute();
  const write = async (all: typeof rows) => {
    await table(false).execute(db);
    await db.deleteFrom('audit_entries').where('n', '>=', `${first}`).execute();
    await db.insertInto('audit_entries').values(all).execute();
    await table(true).execute(db);
  };
  const order = rows.with(0, rows[second - first]!).with(second - first, rows[0]!);
  let previous = rows[0]!.previous_hash;
  const forged = order.map((row, i) => {
    const n = first + i;
    const hash = hashOf(n, row.entry, previous);
    const made = { ...row, n: `${n}`, previous_hash: previous, hash };
    previous = hash;
    return made;
  });
  await write(forged);
  return () => write(rows);
}

test('a chain that was made anew, and is whole in itself, is found out by its anchor', async () => {
  const ada = newId();
  for (let i = 0; i < 3; i++) note(ada);
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(3);
  const ns = (await list(ada)).items.map(({ n }) => n).sort((a, b) => a - b);
  const before = await verify();
  const { anchored } = await broker.call<{ anchored: { n: number } | null }>('audit.anchor');
  expect(anchored!.n).toBeGreaterThanOrEqual(ns[2]!);
  // Not only on AUDIT: it is an entry of the chain as well.
  await expect
    .poll(async () => (await verify()).entries, { timeout: 10_000 })
    .toBe(before.entries + 1);
  expect((await verify()).anchors).toBe(before.anchors + 1);
  // Nothing has come since but the anchor itself.
  expect(await other.call('audit.anchor')).toEqual({ anchored: null });
  const undo = await swapped(ns[0]!, ns[1]!);
  const { fault } = await verify();
  await undo();
  expect(fault).toBe(`entry ${anchored!.n} is not the one that was anchored on AUDIT`);
  expect((await verify()).fault).toBeNull();
});

test('an entry that was added at the end is found out', async () => {
  const added = `insert into audit_entries
    select n + 1, id || 'x', incarnation, sequence, at, account_id,
      replace(entry, '"id":"' || id, '"id":"' || id || 'x'), hash,
      encode(sha256((hash || chr(10) || (n + 1) || chr(10) ||
        replace(entry, '"id":"' || id, '"id":"' || id || 'x'))::bytea), 'hex')
    from audit_entries order by n desc limit 1`;
  const gone = 'delete from audit_entries where n = (select max(n) from audit_entries)';
  expect(await tampered(added, gone, [])).toMatch(/^entry \d+ does not stand on AUDIT$/);
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

test('what is old is taken out, and what is left is proven whole from there', async () => {
  const ada = newId();
  for (let i = 0; i < 3; i++) note(ada);
  await expect.poll(async () => (await list(ada)).items.length, { timeout: 10_000 }).toBe(3);
  const young = await broker.call<{ trimmed: number }, object>('audit.trim', { keepDays: 30 });
  expect(young.trimmed).toBe(0);
  const { bus, database } = broker;
  const inAMonth = () => Date.now() + 31 * 86_400_000;
  const noted: object[] = [];
  const noteTrim = (place: object) => {
    const detail = { ...place } as AuditEntry['detail'];
    noted.push(detail);
    auditOf(broker).note({ area: 'audit', action: TRIMMED, actor: 'house', detail });
  };
  const parts = { bus, database, readUpTo: 0, note: noteTrim, now: inAMonth };
  const { trimmed } = await trim(parts, 30);
  expect(trimmed).toBeGreaterThan(2);
  const verdict = await verify();
  expect(verdict).toMatchObject({
    fault: null,
    behind: 0,
    trimmedUpTo: (noted[0] as { n: number }).n,
  });
  // It goes on, and nobody else may shorten it.
  note(ada);
  await expect
    .poll(async () => (await list(ada)).items.length, { timeout: 10_000 })
    .toBeGreaterThan(0);
  expect((await verify()).fault).toBeNull();
  const copy = `create table audit_kept as select * from audit_entries order by n limit 1;
    delete from audit_entries where n = (select min(n) from audit_entries)`;
  const back = 'insert into audit_entries select * from audit_kept; drop table audit_kept';
  expect(await tampered(copy, back, [])).toBe('entry 1 is missing');
  expect((await verify()).fault).toBeNull();
  await expect(sql`delete from audit_entries`.execute(broker.database)).rejects.toThrow(/added to/);
});

test('with a fault in it nothing is taken out', async () => {
  const { bus, database } = broker;
  const parts = {
    bus,
    database,
    readUpTo: 0,
    note: () => {},
    now: () => Date.now() + 31 * 86_400_000,
  };
  const disable = sql`alter table audit_entries disable trigger audit_entries_stay`;
  const enable = sql`alter table audit_entries enable trigger audit_entries_stay`;
  const last = sql`(select max(n) from audit_entries)`;
  await disable.execute(database);
  await sql`update audit_entries set entry = entry || ' ' where n = ${last}`.execute(database);
  const { trimmed, verdict } = await trim(parts, 30);
  await sql`update audit_entries set entry = trim(entry) where n = ${last}`.execute(database);
  await enable.execute(database);
  expect(trimmed).toBe(0);
  expect(verdict.fault).toMatch(/was changed/);
});
