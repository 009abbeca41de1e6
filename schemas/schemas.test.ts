/** Every published shape is read by two independent validators, and both must agree. */
import { readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { Command } from './command.ts';
import { Credentials, OrderRequest, SimulatorRequest } from './http.ts';
import { PROBLEMS } from './problem.ts';

const files = readdirSync(import.meta.dirname).filter((f) => /^[a-z-]+\.ts$/.test(f));
const modules = await Promise.all(files.map(async (f) => [f, await import(`./${f}`)] as const));
const schemas = modules.flatMap(([file, module]) =>
  Object.entries(module as Record<string, unknown>)
    .filter(([, value]) => Type.IsSchema(value) && '~kind' in value)
    .map(([name, value]) => ({ name: `${file} ${name}`, schema: value as Type.TSchema })),
);

/** As published: a shape used twice inside another must not carry its `$id` along. */
const published = (schema: Type.TSchema) =>
  JSON.parse(JSON.stringify(schema, (key, value) => (key === '$id' ? undefined : value)));

test('there are schemas to look at', () => expect(schemas.length).toBeGreaterThan(40));

test.each(schemas)('$name compiles in both validators', ({ schema }) => {
  expect(() => Compile(schema)).not.toThrow();
  const strict = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
  expect(() => strict.compile(published(schema))).not.toThrow();
});

test('no two shapes share an $id', () => {
  const ids = new Map<string, unknown>();
  for (const { schema } of schemas) {
    const { $id } = schema as { $id?: string };
    if (!$id) continue;
    expect(ids.get($id) ?? schema, $id).toBe(schema);
    ids.set($id, schema);
  }
});

const order = { clientOrderId: 'a', symbol: 'ACME', side: 'buy', type: 'limit', quantity: '1' };
const hostile = {
  clientOrderId: ['', 'a b', 'x'.repeat(37), '../etc', 'ä', 7, null],
  symbol: ['', 'acme', 'A.B', 'A>B', '*', 'A'.repeat(17)],
  side: ['bid', 'Buy', 1],
  quantity: ['0', '0.0', '-1', 'NaN', '1e400', '1.', 'Infinity', '00001', 1, ' 1', '1'.repeat(17)],
  limitPrice: ['0', '-0', '-5', 'null', {}, []],
  timeInForce: ['GTC', ''],
  __proto__x: [1],
};

describe('an order request', () => {
  const typebox = Compile(OrderRequest);
  const ajv = new Ajv2020({ strict: false }).compile(published(OrderRequest));
  test('a plain one passes', () => {
    expect(typebox.Check(order)).toBe(true);
    expect(ajv(order)).toBe(true);
  });
  const rows = Object.entries(hostile).flatMap(([field, values]) =>
    values.map((value) => ({ field, value })),
  );
  test.each(rows)('$field = $value is refused', ({ field, value }) => {
    expect(typebox.Check({ ...order, [field]: value })).toBe(false);
    expect(ajv({ ...order, [field]: value })).toBe(false);
  });
  test('an own __proto__ key is refused', () => {
    expect(typebox.Check(JSON.parse('{"__proto__": {}, "clientOrderId": "a"}'))).toBe(false);
  });
});

test.each(['a@b.co', 'first.last+tag@sub.example.org'])('%s is an e-mail address', (email) => {
  expect(Compile(Credentials).Check({ email, password: 'long enough 12' })).toBe(true);
});
test.each(['a@b', 'a b@c.de', '@c.de', 'a@', '<a@b.de>', ''])('%s is none', (email) => {
  expect(Compile(Credentials).Check({ email, password: 'long enough 12' })).toBe(false);
});

test('a seed is a 32-bit number, whole', () => {
  const check = (seed: unknown) =>
    Compile(SimulatorRequest).Check({ sessionId: 's', scenario: 'x', seed });
  expect([0, 0xffff_ffff].every(check)).toBe(true);
  expect([-1, 0.5, 0x1_0000_0000, Number.NaN, '7'].some(check)).toBe(false);
});

test('a command with an unknown type or an extra key is refused', () => {
  const command = {
    commandId: 'c1',
    simulatorId: 's',
    accountId: 'a',
    correlationId: 'r',
    receivedAt: '2026-01-05T14:30:00.000Z',
    deadlineAt: null,
    body: { type: 'stop' },
  };
  const validator = Compile(Command);
  expect(validator.Check(command)).toBe(true);
  expect(validator.Check({ ...command, body: { type: 'explode' } })).toBe(false);
  expect(validator.Check({ ...command, token: 'secret' })).toBe(false);
});

test('every problem says what to do', () => {
  for (const [code, [status, detail]] of Object.entries(PROBLEMS)) {
    expect(status, code).toBeGreaterThanOrEqual(400);
    expect(detail, code).toMatch(/^[A-Z“].*\.$/);
  }
});
