import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatsHome } from '@sandpit/bus/security/nats-home.ts';
import type { NatsCredential } from '@sandpit/schemas/http.ts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { newId } from '../platform/ids.ts';
import { testBroker } from '../platform/test/broker.ts';
import service from './identity.service.ts';
import type { LoggedIn } from './identity.ts';
import {
  beginFamily,
  exchange,
  FAMILIES_PER_USER_MAX,
  FAMILY_LIFE_MS,
  forgetOldTokens,
  IDLE_LIFE_MS,
  REPEAT_WINDOW_MS,
} from './refresh-tokens.ts';
import { loadSigningKeys } from './signing-keys.ts';
import { ensureUser } from './users.ts';

const servers = inject('servers');
const PASSWORD = 'four unrelated plain words';
let broker: ServiceBroker;

beforeAll(async () => {
  const home = await createNatsHome(mkdtempSync(join(tmpdir(), 'sandpit-nats-')), { port: 4222 });
  broker = testBroker(servers, {
    NATS_APP_SIGNING_SEED_FILE: home.appSigningSeedFile,
    NATS_APP_ACCOUNT_ID: home.appAccountId,
    NATS_PUBLIC_URL: 'nats://nats.example.com:4222',
  });
  broker.createService(service as never);
  await broker.start();
});
afterAll(() => broker.stop());

const someone = () => ({ email: `${newId()}@example.com`, password: PASSWORD });
const call = <T = LoggedIn>(action: string, params: object, meta: object = {}) =>
  broker.call<T, object>(`identity.${action}`, params, { meta });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { type: string }) => error.type,
  );

describe('sign-up and log-in', () => {
  test('the token names the same account at every log-in', async () => {
    const credentials = someone();
    const first = await call('signup', credentials);
    const second = await call('login', { ...credentials, email: credentials.email.toUpperCase() });
    const [a, b] = await Promise.all(
      [first, second].map(({ answer }) => broker.tokens.verify(answer.accessToken)),
    );
    expect(a.accountId).toBe(b.accountId);
    expect(a.loginId).not.toBe(b.loginId);
    expect(second.answer.user).toEqual({ id: a.userId, email: credentials.email });
  });
  test('the token has every claim that verifiers ask for, and no address in it', async () => {
    const { answer } = await call('signup', someone());
    const { exp = 0, iat = 0, ...claims } = decodeJwt(answer.accessToken);
    expect(exp - iat).toBe(300);
    expect(Object.keys(claims).sort()).toEqual(['acc', 'aud', 'iss', 'jti', 'sid', 'sub']);
    expect(decodeProtectedHeader(answer.accessToken)).toMatchObject({
      alg: 'EdDSA',
      typ: 'at+jwt',
    });
  });
  test('the same address twice, also at the same moment, is one account', async () => {
    const credentials = someone();
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(call('signup', credentials))));
    expect(codes.sort()).toEqual(['emailTaken', 'emailTaken', 'ok']);
  });
  test.each`
    change                             | code
    ${{ password: 'wrong password!' }} | ${'invalidCredentials'}
    ${{ email: 'nobody@example.com' }} | ${'invalidCredentials'}
    ${{ password: 'short' }}           | ${'validationFailed'}
    ${{ email: 'no address' }}         | ${'validationFailed'}
  `('$change is $code', async ({ change, code }) => {
    const credentials = someone();
    await call('signup', credentials);
    expect(await codeOf(call('login', { ...credentials, ...change }))).toBe(code);
  });
  test('a common password is refused with a sentence', async () => {
    await expect(call('signup', { ...someone(), password: 'Password2026!' })).rejects.toMatchObject(
      {
        type: 'validationFailed',
        data: { errors: [{ path: 'password', message: expect.stringContaining('guessed') }] },
      },
    );
  });
  test('after five failures that network waits, and others do not', async () => {
    const credentials = someone();
    await call('signup', credentials);
    const login = (password: string, clientAddress: string) =>
      codeOf(call('login', { ...credentials, password }, { clientAddress }));
    for (let i = 0; i < 5; i++) await login('a wrong password', '192.0.2.1');
    expect(await login(PASSWORD, '192.0.2.1')).toBe('rateLimited');
    expect(await login(PASSWORD, '192.0.2.2')).toBe('ok');
  });
  test('a seeded user is made once', async () => {
    const user = someone();
    const made = await ensureUser(broker.database, user);
    const found = await ensureUser(broker.database, user);
    expect([made.created, found.created]).toEqual([true, false]);
    expect(found.user).toEqual(made.user);
  });
});

describe('refresh', () => {
  test('each use gives a new token, and the log-in stays the same', async () => {
    const first = await call('signup', someone());
    const second = await call('refresh', { refreshToken: first.refreshToken });
    const third = await call('refresh', { refreshToken: second.refreshToken });
    const tokens = [first, second, third];
    expect(new Set(tokens.map((each) => each.refreshToken)).size).toBe(3);
    const logins = tokens.map(({ answer }) => decodeJwt(answer.accessToken).sid);
    expect(new Set(logins).size).toBe(1);
  });
  test('five tabs at once get the same successor, and nobody is logged out', async () => {
    const { refreshToken } = await call('signup', someone());
    const tabs = await Promise.all([1, 2, 3, 4, 5].map(() => call('refresh', { refreshToken })));
    expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(1);
    expect(await codeOf(call('refresh', { refreshToken: tabs[0].refreshToken }))).toBe('ok');
  });
  test('a spent token whose successor was used revokes the whole log-in', async () => {
    const first = await call('signup', someone());
    const second = await call('refresh', { refreshToken: first.refreshToken });
    const third = await call('refresh', { refreshToken: second.refreshToken });
    expect(await codeOf(call('refresh', { refreshToken: first.refreshToken }))).toBe(
      'refreshRejected',
    );
    expect(await codeOf(call('refresh', { refreshToken: third.refreshToken }))).toBe(
      'refreshRejected',
    );
  });
  test('log-out ends this log-in and leaves the others', async () => {
    const credentials = someone();
    const here = await call('signup', credentials);
    const there = await call('login', credentials);
    await call('logout', { refreshToken: here.refreshToken });
    expect(await codeOf(call('refresh', { refreshToken: here.refreshToken }))).toBe(
      'refreshRejected',
    );
    expect(await codeOf(call('refresh', { refreshToken: there.refreshToken }))).toBe('ok');
  });
  test.each(['', 'x', 'A'.repeat(43), "' or 1=1 --"])('"%s" is rejected', async (refreshToken) => {
    expect(await codeOf(call('refresh', { refreshToken }))).toBe('refreshRejected');
    expect(await codeOf(call('logout', { refreshToken }))).toBe('ok');
  });
});

describe('refresh tokens over time', () => {
  const start = Date.UTC(2026, 0, 5);
  const family = async () => {
    const { user } = await ensureUser(broker.database, someone());
    return beginFamily(broker.database, user.id, start);
  };
  const use = (token: string, atMs: number) => exchange(broker.database, token, atMs);
  const outcome = async (token: string, atMs: number) => {
    const result = await use(token, atMs);
    return result.outcome === 'issued' ? 'issued' : result.reason;
  };
  const issued = async (token: string, atMs: number) => {
    const result = await use(token, atMs);
    if (result.outcome !== 'issued') throw new Error(result.reason);
    return result.issued;
  };

  test('the window for a lost answer is ten seconds', async () => {
    const within = await family();
    await use(within.token, start);
    expect(await outcome(within.token, start + REPEAT_WINDOW_MS - 1)).toBe('issued');
    const after = await family();
    await use(after.token, start);
    expect(await outcome(after.token, start + REPEAT_WINDOW_MS)).toBe('reused');
    expect(await outcome(after.token, start + REPEAT_WINDOW_MS)).toBe('revoked');
  });
  test('unused for seven days it is dead', async () => {
    expect(await outcome((await family()).token, start + IDLE_LIFE_MS - 1)).toBe('issued');
    expect(await outcome((await family()).token, start + IDLE_LIFE_MS)).toBe('expired');
  });
  test('used every day it ends after thirty days all the same', async () => {
    let { token } = await family();
    let days = 0;
    for (; days < 40; days++) {
      const result = await use(token, start + days * 86_400_000);
      if (result.outcome !== 'issued') break;
      expect(+result.issued.expiresAt).toBeLessThanOrEqual(start + FAMILY_LIFE_MS);
      token = result.issued.token;
    }
    expect(days).toBe(30);
  });
  test('the database alone does not give a token away', async () => {
    const first = await family();
    const next = await issued(first.token, start);
    const { rows } =
      await sql`select * from refresh_tokens where family_id = ${first.familyId}`.execute(
        broker.database,
      );
    const dump = JSON.stringify(rows, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    for (const { token } of [first, next]) {
      expect(dump).not.toContain(token);
      expect(dump).not.toContain(Buffer.from(token, 'base64url').toString('latin1'));
    }
  });
  test('a sealed successor is gone once it was used', async () => {
    const first = await family();
    const second = await issued(first.token, start);
    await use(second.token, start + 1);
    const { rows } = await sql`select 1 from refresh_tokens where family_id = ${first.familyId}
      and successor_sealed is not null`.execute(broker.database);
    expect(rows).toHaveLength(1);
  });
  test('many log-ins: the oldest give way', async () => {
    const { user } = await ensureUser(broker.database, someone());
    const tokens = [];
    for (let i = 0; i < FAMILIES_PER_USER_MAX + 2; i++) {
      tokens.push((await beginFamily(broker.database, user.id, start + i)).token);
    }
    const outcomes = await Promise.all(tokens.map((token) => outcome(token, start + 100)));
    expect(outcomes.filter((each) => each === 'issued')).toHaveLength(FAMILIES_PER_USER_MAX);
    expect(outcomes.slice(0, 2)).toEqual(['revoked', 'revoked']);
  });
  test('ended families are forgotten a day later', async () => {
    const { token } = await family();
    await forgetOldTokens(broker.database, start + FAMILY_LIFE_MS + 86_400_000);
    expect(await outcome(token, start)).not.toBe('unknown');
    await forgetOldTokens(broker.database, start + FAMILY_LIFE_MS + 86_400_001);
    expect(await outcome(token, start)).toBe('unknown');
  });
});

describe('signing keys', () => {
  test('processes that start at the same time agree on them', async () => {
    // Connections first, or the first process would be done before the others have one.
    const connect = () => sql`select pg_sleep(0.05)`.execute(broker.database);
    await Promise.all([1, 2, 3, 4, 5].map(connect));
    await sql`delete from signing_keys`.execute(broker.database);
    const secret = Buffer.alloc(32, 7);
    const loaded = await Promise.all(
      [1, 2, 3, 4, 5].map(() => loadSigningKeys(broker.database, secret, Date.now())),
    );
    expect(new Set(loaded.map(({ signer }) => signer.kid)).size).toBe(1);
    expect(loaded[0].published).toHaveLength(2);
    expect(JSON.stringify(loaded[0].published)).not.toContain('"d"');
  });
  test('with another secret they are retired and replaced, loudly', async () => {
    const before = await loadSigningKeys(broker.database, Buffer.alloc(32, 7), Date.now());
    const after = await loadSigningKeys(broker.database, Buffer.alloc(32, 8), Date.now());
    expect(after.unreadable.sort()).toEqual(before.published.map(({ kid }) => kid).sort());
    expect(after.signer.kid).not.toBe(before.signer.kid);
  });
  test('verifiers follow what is published', async () => {
    const { keys } = await call<{ keys: { kid: string }[] }>('jwks', {});
    const bucket = await broker.bus.bucket('KEYS');
    const entry = await bucket.get('jwks');
    expect(JSON.parse(new TextDecoder().decode(entry?.value)).keys).toEqual(keys);
  });
});

describe('NATS credentials', () => {
  test('created, listed without the secret, revoked; only by their owner', async () => {
    const [ada, bob] = await Promise.all([1, 2].map(() => call('signup', someone())));
    const as = ({ answer }: LoggedIn) => ({ token: answer.accessToken });
    const made = await call<NatsCredential>('createNatsCredential', { name: 'my bot' }, as(ada));
    expect(made.creds).toContain('BEGIN NATS USER JWT');
    expect(made.servers).toEqual(['nats://nats.example.com:4222']);
    const { accountId } = await broker.tokens.verify(ada.answer.accessToken);
    expect(made.subjects).toContain(`sandpit.v1.live.*.${accountId}.>`);
    const list = (who: LoggedIn) =>
      call<{ items: NatsCredential[] }>('listNatsCredentials', {}, as(who));
    const { items } = await list(ada);
    expect(items).toEqual([expect.objectContaining({ id: made.id, name: 'my bot' })]);
    expect(JSON.stringify(items)).not.toContain('creds');
    expect((await list(bob)).items).toEqual([]);
    const revoke = (who: LoggedIn) =>
      codeOf(call('revokeNatsCredential', { id: made.id }, as(who)));
    expect(await revoke(bob)).toBe('notFound');
    expect(await revoke(ada)).toBe('ok');
    expect((await list(ada)).items).toEqual([]);
  });
  test('without a token there are none', async () => {
    expect(await codeOf(call('createNatsCredential', { name: 'x' }))).toBe('unauthenticated');
  });
  test('ten are the most', async () => {
    const { answer } = await call('signup', someone());
    const create = () =>
      codeOf(call('createNatsCredential', { name: 'bot' }, { token: answer.accessToken }));
    const codes = await Promise.all(Array.from({ length: 12 }, create));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(10);
    expect(codes.filter((code) => code === 'quotaExceeded')).toHaveLength(2);
  });
});

test('the private key is not in the database in the clear', async () => {
  const { rows } = await sql<{
    private_sealed: Buffer;
  }>`select private_sealed from signing_keys`.execute(broker.database);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row.private_sealed.toString('latin1')).not.toContain('"d":');
  expect(readFileSync(broker.config.identitySecretFile!).length).toBeGreaterThanOrEqual(32);
});
