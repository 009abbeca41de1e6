import { createConfig, lintFromString } from '@redocly/openapi-core';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';
import { OPERATIONS } from '@sandpit/schemas/operations.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { asyncApiOf } from './asyncapi.ts';
import { orderExample, plainExample } from './routes/order-examples.ts';
import { STREAM_EVENTS } from './routes/stream.ts';
import { API_INFO, routes } from './routes.ts';

type Json = Record<string, unknown>;
const at = { origin: 'https://desk.example', natsUrl: 'tls://nats.example:4222' };
const document = asyncApiOf(routes, API_INFO, at, STREAM_EVENTS) as {
  servers: Json;
  channels: Record<
    | 'simulatorSocket'
    | 'natsRequests'
    | 'natsAnswers'
    | 'natsDeadMan'
    | 'natsLive'
    | 'natsMarketData',
    { address: string; messages: Record<string, { payload: Json; headers?: Json }> }
  >;
  operations: Record<string, { messages: { $ref: string }[] }>;
  components: { schemas: Record<string, Json> };
};
const { messages } = document.channels.simulatorSocket;

function checkOf(name: string) {
  return compiled(messages[name].payload);
}
function compiled(payload: Json) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addVocabulary(['components']);
  const { schemas } = document.components;
  return ajv.compile({ ...payload, components: { schemas } });
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
  expect(document.servers).toEqual({
    gateway: { host: 'desk.example', protocol: 'wss' },
    nats: { host: 'nats.example:4222', protocol: 'tls' },
  });
});

test('every operation is described over NATS, too, on the subjects of the house', () => {
  const { natsRequests, natsAnswers, natsDeadMan } = document.channels;
  const names = Object.keys(OPERATIONS);
  expect(Object.keys(natsRequests.messages)).toEqual(names);
  expect(Object.keys(natsAnswers.messages)).toEqual(names.map((name) => `${name}Answer`));
  const address = { accountId: '{account}', simulatorId: '{simulator}' };
  expect(natsRequests.address).toBe(subjects.request(address, '{operation}'));
  expect(natsAnswers.address).toBe(subjects.response(address));
  expect(natsDeadMan.address).toBe(subjects.deadMan(address));
  const submit = natsRequests.messages.submitOrder;
  const sentAt = '2026-01-05T14:30:02.118Z';
  const body = { ...plainExample, sentAt };
  expect(compiled(submit.payload)({ body })).toBe(true);
  expect(compiled(submit.payload)({ body: plainExample })).toBe(false);
  expect(compiled(submit.payload)({ body, type: 'request' })).toBe(false);
  const headers = { 'Sandpit-Request': 'a', 'Sandpit-Authorization': 'Bearer x' };
  expect(compiled(submit.headers as Json)(headers)).toBe(true);
  expect(compiled(submit.headers as Json)({ 'Sandpit-Request': 'a' })).toBe(false);
  const answer = {
    request: 'a',
    operation: 'submitOrder',
    status: 201,
    at: sentAt,
  };
  const check = compiled(natsAnswers.messages.submitOrderAnswer.payload);
  expect(check({ ...answer, data: orderExample })).toBe(true);
  expect(check({ ...answer, data: { colour: 'red' } })).toBe(false);
});

test('records and market data are described where they are heard', () => {
  const { natsLive, natsMarketData } = document.channels;
  const address = { accountId: '{account}', simulatorId: '{simulator}' };
  const anyShard = (subject: string) => subject.replace(/\.\d+\./, '.{shard}.');
  expect(natsLive.address).toBe(anyShard(subjects.live(address)));
  const channel = '{channel}' as MarketDataChannel;
  expect(natsMarketData.address).toBe(anyShard(subjects.marketData(address, '{symbol}', channel)));
  const check = compiled(natsLive.messages.record.payload);
  const hash = 'a'.repeat(64);
  const record = {
    version: 1,
    type: 'turn',
    simulatorId: 'sim',
    accountId: 'acc',
    n: 7,
    epoch: 1,
    worker: 'worker-1',
    engineVersion: '3',
    simNs: 1,
    wallAt: '2026-01-05T14:30:02.118Z',
    commands: [{}],
    lastCommandSequence: 1,
    events: [{ type: 'orderFilled', atNs: 1, causeId: null, order: {} }],
    previousSequence: 6,
    previousHash: hash,
    stateHash: hash,
    hash,
  };
  expect(check(record), JSON.stringify(check.errors)).toBe(true);
  expect(check({ ...record, events: [{ type: 'orderLost', atNs: 1, causeId: null }] })).toBe(false);
  const bids = [{ price: '180.05', quantity: '10', orders: 1 }];
  const frame = { symbol: 'ACME', sequence: 1, epoch: 1, at: '2026-01-05T14:30:02.118Z' };
  const book = compiled(natsMarketData.messages.bookFrame.payload);
  expect(book({ ...frame, bids, asks: [] }), JSON.stringify(book.errors)).toBe(true);
  expect(book({ ...frame, bids: 'many', asks: [] })).toBe(false);
});

test('where no credentials are issued nothing is said of NATS', () => {
  const without = asyncApiOf(routes, API_INFO, { ...at, natsUrl: null }, STREAM_EVENTS);
  expect(Object.keys(without.servers as Json)).toEqual(['gateway']);
  expect(Object.keys(without.channels as Json)).toEqual(['simulatorSocket']);
  expect(JSON.stringify(without)).not.toContain('sandpit.v1.req');
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
