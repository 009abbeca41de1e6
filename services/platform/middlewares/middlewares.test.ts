import { ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAction, traderAction } from '../action.ts';
import { problem } from '../errors.ts';
import { PrometheusText, prometheusText } from '../metrics.ts';
import { authentication } from './authentication.ts';
import { correlation } from './correlation.ts';
import { validation } from './validation.ts';

const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
const Params = Type.Object(
  { symbol: Type.String({ pattern: '^[A-Z]+$' }), lots: Type.Optional(Type.Integer()) },
  { additionalProperties: false },
);
const NoParams = Type.Object({}, { additionalProperties: false });
const log = () => {
  const write = (level: string) => (fields: unknown, message: unknown) => {
    if (typeof message === 'string') lines.push({ level, fields: fields as never, message });
  };
  return Object.fromEntries(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((level) => [level, write(level)]),
  );
};

const broker = new ServiceBroker({
  logger: false,
  validator: false,
  metrics: { enabled: true, reporter: [new PrometheusText() as never] },
  middlewares: [validation(), authentication(), correlation()],
});
broker.tokens = {
  verify: async (token: string | undefined) => {
    if (token !== 'good') throw problem('unauthenticated');
    return { userId: 'u1', accountId: 'a1', loginId: 'l1', expiresAtMs: 1 };
  },
} as never;

beforeAll(async () => {
  Object.assign(broker.logger, log());
  broker.createService({
    name: 'desk',
    actions: {
      mine: traderAction({
        params: Params,
        handler: async ({ locals, params }) => ({ account: locals.principal.accountId, ...params }),
      }),
      open: openAction({ params: NoParams, handler: async ({ meta }) => meta.correlationId }),
      nested: openAction({ params: NoParams, handler: (ctx) => ctx.call('desk.open') }),
      outer: openAction({ params: NoParams, handler: (ctx) => ctx.call('desk.broken') }),
      away: openAction({ params: NoParams, handler: () => Promise.reject(problem('unavailable')) }),
      broken: openAction({
        params: NoParams,
        handler: () => Promise.reject(new Error('broken inside')),
      }),
      noted: openAction({ params: NoParams, log: 'info', handler: async () => null }),
    },
  });
  await broker.start();
});
afterAll(() => broker.stop());

const call = (action: string, params: object, meta: object = {}) =>
  broker.call<unknown, object>(action, params, { meta });

describe('authentication', () => {
  test('the principal comes from the token', async () => {
    expect(await call('desk.mine', { symbol: 'ACME' }, { token: 'good' })).toMatchObject({
      account: 'a1',
    });
  });
  test.each([{}, { token: 'bad' }, { principal: { accountId: 'a1' } }, { user: 'a1' }])(
    'meta %j proves nothing',
    async (meta) => {
      await expect(call('desk.mine', { symbol: 'ACME' }, meta)).rejects.toMatchObject({
        type: 'unauthenticated',
      });
    },
  );
  test('it comes before the params, which are nobody else’s business', async () => {
    await expect(call('desk.mine', { junk: 1 })).rejects.toMatchObject({ type: 'unauthenticated' });
  });
  test('a misspelt auth value stops the start', () => {
    const actions = { x: { auth: 'trade' as 'trader', handler: () => 1 } };
    expect(() => broker.createService({ name: 'wrong', actions })).toThrow(/unknown auth/);
  });
});

describe('validation', () => {
  test.each`
    params                           | path
    ${{}}                            | ${'symbol'}
    ${{ symbol: 'acme' }}            | ${'symbol'}
    ${{ symbol: 'ACME', lots: 1.5 }} | ${'lots'}
    ${{ symbol: 'ACME', lots: '1' }} | ${'lots'}
    ${{ symbol: 'ACME', price: 1 }}  | ${'price'}
  `('$params is refused for $path', async ({ params, path }) => {
    await expect(call('desk.mine', params, { token: 'good' })).rejects.toMatchObject({
      type: 'validationFailed',
      code: 422,
      data: { errors: [{ path }] },
    });
  });
  test('Moleculer’s own actions, described in another language, pass', async () => {
    expect(await call('$node.services', { onlyLocal: true })).toBeInstanceOf(Array);
  });
  test('params in another language stop the start', () => {
    const actions = { x: { params: { symbol: 'string' }, handler: () => 1 } };
    expect(() => broker.createService({ name: 'wrong', actions })).toThrow(/not a TypeBox/);
  });
});

describe('correlation', () => {
  test('the caller’s id goes through nested calls', async () => {
    expect(await call('desk.nested', {}, { correlationId: 'abcdef-123456' })).toBe('abcdef-123456');
  });
  test.each([
    {},
    { correlationId: 'x'.repeat(65) },
    { correlationId: 'a b\nc: d---' },
    { correlationId: 7 },
  ])('%j is replaced by one of ours', async (meta) => {
    expect(await call('desk.open', {}, meta)).toMatch(/^[0-9a-f]{32}$/);
  });
  test('one line per call: debug, or info where it says so', async () => {
    await new Promise(setImmediate);
    lines.length = 0;
    await call('desk.open', {}, { correlationId: 'abcdefgh' });
    await call('desk.noted', {});
    await new Promise(setImmediate);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'debug called',
      'info called',
    ]);
    expect(lines[0].fields).toMatchObject({ action: 'desk.open', correlationId: 'abcdefgh' });
  });
  test('a refusal is no error line, a defect is one with its cause', async () => {
    lines.length = 0;
    await call('desk.mine', {}).catch(() => {});
    await call('desk.broken', {}).catch(() => {});
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'failed',
        fields: expect.objectContaining({
          action: 'desk.broken',
          code: 'internalError',
          err: expect.objectContaining({ message: 'broken inside' }),
        }),
      },
    ]);
  });
});

test('an error that passes through several calls is written in full once', async () => {
  lines.length = 0;
  await call('desk.outer', {}).catch(() => {});
  expect(lines.map(({ level, fields }) => `${level} ${fields.action} ${'err' in fields}`)).toEqual([
    'error desk.broken true',
    'debug desk.outer false',
  ]);
});

test('an outage is a warning', async () => {
  lines.length = 0;
  await call('desk.away', {}).catch(() => {});
  expect(lines.map(({ level }) => level)).toEqual(['warn']);
});

test('the metrics are Prometheus text', () => {
  const text = prometheusText(broker);
  expect(text).toMatch(/^moleculer_request_total\{[^}]*action="desk\.open"[^}]*\} \d+$/m);
  expect(text).toMatch(/^# TYPE moleculer_request_total counter$/m);
});
