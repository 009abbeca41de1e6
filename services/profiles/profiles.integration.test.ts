import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { newId } from '../platform/ids.ts';
import { testBroker } from '../platform/test/broker.ts';
import { DEFAULT_PROFILE } from './preferences.ts';
import service from './profiles.service.ts';
import type { SavedPortfolio } from './store.ts';

let broker: ServiceBroker;
beforeAll(async () => {
  broker = testBroker(inject('servers'));
  broker.tokens.verify = async (token) => ({
    userId: 'u',
    accountId: token ?? '',
    loginId: 'l',
    expiresAtMs: 0,
  });
  broker.createService(service as never);
  await broker.start();
});
afterAll(() => broker.stop());

const call = <T>(action: string, accountId: string, params: object = {}) =>
  broker.call<T, object>(`profiles.${action}`, params, { meta: { token: accountId } });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { type: string }) => error.type,
  );

describe('preferences', () => {
  test('defaults first, then what was changed over them', async () => {
    const account = newId();
    expect(await call('get', account)).toEqual(DEFAULT_PROFILE);
    await call('update', account, { theme: 'light' });
    await call('update', account, { watchList: ['ACME', 'BTC-USD'] });
    expect(await call('get', account)).toEqual({
      ...DEFAULT_PROFILE,
      theme: 'light',
      watchList: ['ACME', 'BTC-USD'],
    });
    expect(await call('get', newId())).toEqual(DEFAULT_PROFILE);
  });
  test('two tabs do not undo each other', async () => {
    const account = newId();
    await Promise.all([
      call('update', account, { theme: 'light' }),
      call('update', account, { confirmOrders: false }),
      call('update', account, { colours: 'redUp' }),
    ]);
    expect(await call('get', account)).toMatchObject({
      theme: 'light',
      confirmOrders: false,
      colours: 'redUp',
    });
  });
  test.each([{ theme: 'pink' }, { admin: true }, { watchList: ['acme'] }, { displayName: 7 }])(
    '%j is refused',
    async (patch) => {
      expect(await codeOf(call('update', newId(), patch))).toBe('validationFailed');
    },
  );
  test('a value that an older version wrote gives way to the default', async () => {
    const account = newId();
    await call('update', account, { displayName: 'Ada' });
    await sql`update profiles set preferences = preferences || '{"theme":"sepia","old":1}'
      where account_id = ${account}`.execute(broker.database);
    expect(await call('get', account)).toEqual({ ...DEFAULT_PROFILE, displayName: 'Ada' });
  });
});

describe('saved portfolios', () => {
  const save = (account: string, name: string, startingCash = '5000') =>
    call<SavedPortfolio>('savePortfolio', account, { name, startingCash });

  test('saved, read, listed and deleted; only by their owner', async () => {
    const account = newId();
    const stranger = newId();
    const saved = await save(account, 'Small account', '5000.5');
    expect(saved).toMatchObject({ startingCash: '5000.50', currency: 'USD' });
    expect(await call('getPortfolio', account, { id: saved.id })).toEqual(saved);
    expect(await codeOf(call('getPortfolio', stranger, { id: saved.id }))).toBe('notFound');
    await call('deletePortfolio', stranger, { id: saved.id });
    expect(await call('portfolios', account)).toEqual({ items: [saved] });
    await call('deletePortfolio', account, { id: saved.id });
    expect(await call('portfolios', account)).toEqual({ items: [] });
  });
  test('twenty are the most, also at the same moment', async () => {
    const account = newId();
    for (let i = 0; i < 19; i++) await save(account, `p${i}`);
    const connect = () => sql`select pg_sleep(0.05)`.execute(broker.database);
    await Promise.all([1, 2, 3, 4, 5].map(connect));
    const codes = await Promise.all(
      [1, 2, 3, 4, 5].map((i) => codeOf(save(account, `at the same moment ${i}`))),
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    expect(codes.filter((code) => code === 'quotaExceeded')).toHaveLength(4);
  });
  test.each`
    name       | cash              | path
    ${'a'}     | ${'999.99'}       | ${'startingCash'}
    ${'a'}     | ${'100000000.01'} | ${'startingCash'}
    ${'a'}     | ${'5000.0000001'} | ${'startingCash'}
    ${'a'}     | ${'-5'}           | ${'startingCash'}
    ${'  '}    | ${'5000'}         | ${'name'}
    ${'taken'} | ${'5000'}         | ${'name'}
  `('"$name" with $cash is refused for $path', async ({ name, cash, path }) => {
    const account = newId();
    await save(account, 'taken');
    await expect(save(account, name, cash)).rejects.toMatchObject({
      type: 'validationFailed',
      data: { errors: [{ path }] },
    });
  });
});
