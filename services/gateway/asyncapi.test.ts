import { createConfig, lintFromString } from '@redocly/openapi-core';
import { OPERATIONS } from '@sandpit/schemas/operations.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { asyncApiOf } from './asyncapi.ts';
import { orderExample, plainExample } from './routes/order-examples.ts';
import { STREAM_EVENTS } from './routes/stream.ts';
import { API_INFO, routes } from './routes.ts';

type Json = Record<string, unknown>;
const document = asyncApiOf(routes, API_INFO, 'https://desk.example', STREAM_EVENTS) as {
  servers: Json;
  channels: { simulatorSocket: { messages: Record<string, { payload: Json }> } };
  operations: Record<string, { messages: { $ref: string }[] }>;
  components: { schemas: Record<string, Json> };
};
const { messages } = document.channels.simulatorSocket;

function checkOf(name: string) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addVocabulary(['components']);
  const { schemas } = document.components;
  return ajv.compile({ ...messages[name].payload, components: { schemas } });
}

test('every request of the socket and every event of the stream is described', () => {
  const names = [
    ...Object.keys(OPERATIONS).flatMap((name) => [name, `${name}Answer`]),
    ...Object.keys(STREAM_EVENTS).map((name) => `${name}Event`),
    'authenticate',
    'authenticated',
    'problem',
  ];
  expect(Object.keys(messages).sort()).toEqual(names.sort());
  expect(document.servers).toEqual({ gateway: { host: 'desk.example', protocol: 'wss' } });
});

test('every reference resolves', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(60);
  for (const [, path] of references) {
    let at: unknown = document;
    for (const key of path.split('/')) at = (at as Json | undefined)?.[key];
    expect(at, path).toBeDefined();
  }
});

test('what the gateway takes and says is what is described', () => {
  const request = { type: 'request', request: 'r1' };
  const submit = checkOf('submitOrder');
  expect(submit({ ...request, operation: 'submitOrder', body: plainExample })).toBe(true);
  expect(submit({ ...request, operation: 'submitOrder', body: {} })).toBe(false);
  expect(submit({ ...request, operation: 'cancelOrder', body: plainExample })).toBe(false);
  const cancel = checkOf('cancelOrder');
  expect(cancel({ ...request, operation: 'cancelOrder', path: { orderId: '17' } })).toBe(true);
  expect(cancel({ ...request, operation: 'cancelOrder' })).toBe(false);
  const answer = { event: 'answer', request: 'r1', status: 201 };
  expect(checkOf('submitOrderAnswer')({ ...answer, data: orderExample })).toBe(true);
  expect(checkOf('submitOrderAnswer')({ ...answer, data: { colour: 'red' } })).toBe(false);
});

test('a linter that knows AsyncAPI finds nothing to say', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});
