import { expect, test } from 'vitest';
import { operationsOf } from '../operations.ts';
import { frame, RETRY, rawFrame } from '../sse/frame.ts';
import { Budget } from './budget.ts';
import { checkMessage, readMessage } from './client-messages.ts';
import { eventMessages } from './event-messages.ts';

const texts = (bytes: Buffer) => eventMessages(bytes).map((message) => JSON.parse(`${message}`));

test('a block of events becomes one message each, with the id where there is one', () => {
  const data = { n: 6, sequence: 60, last: false } as never;
  const quote = { symbol: 'ACME', bid: '1: 2', text: 'data: event: id: \\n"' };
  const block = Buffer.concat([
    RETRY,
    frame('order', data, '7f-60'),
    rawFrame('quote', Buffer.from(JSON.stringify(quote))),
  ]);
  expect(texts(block)).toEqual([
    { event: 'order', id: '7f-60', data },
    { event: 'quote', data: quote },
  ]);
});

test('the same bytes are turned into messages once, for all who send them', () => {
  const bytes = frame('order', { n: 1 } as never, 'a-1');
  expect(eventMessages(bytes)).toBe(eventMessages(bytes));
});

test.each`
  atMs                                         | taken
  ${[0, 0, 0, 0]}                              | ${'+++-'}
  ${[0, 0, 0, 999, 1_000]}                     | ${'+++-+'}
  ${[0, 0, 0, 60_000, 60_000, 60_000, 60_000]} | ${'++++++-'}
  ${[5_000, 0, 0, 0]}                          | ${'+++-'}
`('three messages, and three more over three seconds: $atMs', ({ atMs, taken }) => {
  const budget = new Budget(3, 3, 0);
  const answers = atMs.map((ms: number) => (budget.take(ms) ? '+' : '-'));
  expect(answers.join('')).toBe(taken);
});

test.each`
  what         | text                | isBinary
  ${'no JSON'} | ${'{'}              | ${false}
  ${'binary'}  | ${'{}'}             | ${true}
  ${'null'}    | ${'null'}           | ${false}
  ${'a list'}  | ${'[]'}             | ${false}
  ${'a word'}  | ${'"authenticate"'} | ${false}
`('$what is malformed', ({ text, isBinary }) => {
  expect(() => readMessage(Buffer.from(text), isBinary)).toThrow(
    expect.objectContaining({ type: 'malformedJson' }),
  );
});

test.each([
  [{ type: 'subscribe' }, ['type']],
  [{ type: 'authenticate' }, ['token']],
  [{ type: 'authenticate', token: 't', colour: 'red' }, ['colour']],
  [{ type: 'request', request: 'a b', operation: 'heartbeat' }, ['request']],
  [{ type: 'request', request: 'r', operation: 'toString' }, ['operation']],
])('%j is faulty at %j', (message, paths) => {
  try {
    checkMessage(message as never);
    expect.unreachable();
  } catch (error) {
    const { type, data } = error as { type: string; data: { errors: { path: string }[] } };
    expect(type).toBe('validationFailed');
    expect(data.errors.map(({ path }) => path)).toEqual(paths);
  }
});

test('an operation that REST does not have stops the start', () => {
  expect(() => operationsOf([], {} as never)).toThrow(/submitOrder/);
});
