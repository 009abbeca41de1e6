import type { LiveMessage } from '@sandpit/bus/bus.ts';
import { LazyMessage } from '@sandpit/bus/message.ts';
import { REQUEST_BYTES_MAX } from '@sandpit/schemas/nats-requests.ts';
import { expect, test } from 'vitest';
import { addressOf, checkStamped, operationName, readRequest, tokenOf } from './requests.ts';

const SUBJECT = 'sandpit.v1.req.ada.sim1.submitOrder';
const message = (text: string, headers = {}, subject = SUBJECT): LiveMessage =>
  new LazyMessage(subject, { 'Sandpit-Request': 'r1', ...headers }, new TextEncoder().encode(text));

interface Refused {
  type: string;
  message: string;
  data: { errors?: { path: string; message: string }[] };
}
function refusalOf(run: () => unknown): Refused {
  try {
    run();
  } catch (error) {
    return error as Refused;
  }
  throw new Error('Was let in.');
}

test.each`
  subject                                  | whose
  ${SUBJECT}                               | ${'ada sim1 submitOrder'}
  ${'sandpit.v1.req.ada.sim1'}             | ${null}
  ${'sandpit.v1.req.ada.sim1.step.more'}   | ${null}
  ${'sandpit.v1.req.ada..submitOrder'}     | ${null}
  ${'sandpit.v1.req.*.sim1.submitOrder'}   | ${null}
  ${'sandpit.v1.req.ada.>.submitOrder'}    | ${null}
  ${'sandpit.v1.dms.ada.sim1.submitOrder'} | ${null}
  ${'sandpit.v2.req.ada.sim1.submitOrder'} | ${null}
`('$subject is about $whose', ({ subject, whose }) => {
  const address = addressOf(message('', {}, subject));
  const named = address && `${address.accountId} ${address.simulatorId} ${address.operation}`;
  expect(named).toBe(whose);
});

test('an empty message is a request without anything in it', () => {
  expect(readRequest(message(''))).toEqual({});
  expect(readRequest(message('{"path":{"orderId":"7"}}'))).toEqual({ path: { orderId: '7' } });
});

test.each`
  what                      | text                                 | headers                         | type                  | path
  ${'no name'}              | ${'{}'}                              | ${{ 'Sandpit-Request': '' }}    | ${'validationFailed'} | ${'Sandpit-Request'}
  ${'a name with a blank'}  | ${'{}'}                              | ${{ 'Sandpit-Request': 'a b' }} | ${'validationFailed'} | ${'Sandpit-Request'}
  ${'half an object'}       | ${'{"body":'}                        | ${{}}                           | ${'malformedJson'}    | ${undefined}
  ${'a list'}               | ${'[]'}                              | ${{}}                           | ${'malformedJson'}    | ${undefined}
  ${'a word'}               | ${'"step"'}                          | ${{}}                           | ${'malformedJson'}    | ${undefined}
  ${'a field too many'}     | ${'{"colour":1}'}                    | ${{}}                           | ${'validationFailed'} | ${'colour'}
  ${'a path of numbers'}    | ${'{"path":{"orderId":7}}'}          | ${{}}                           | ${'validationFailed'} | ${'path.orderId'}
  ${'the socket’s message'} | ${'{"type":"request","request":""}'} | ${{}}                           | ${'validationFailed'} | ${'type'}
  ${'more than it takes'}   | ${'x'.repeat(REQUEST_BYTES_MAX + 1)} | ${{}}                           | ${'payloadTooLarge'}  | ${undefined}
`('$what is refused as $type', ({ text, headers, type, path }) => {
  const refusal = refusalOf(() => readRequest(message(text, headers)));
  expect(refusal.type).toBe(type);
  expect(refusal.data.errors?.[0]?.path).toBe(path);
});

test('an operation that is not there is told which there are', () => {
  expect(operationName('jumpSimulator')).toBe('jumpSimulator');
  for (const name of ['getOrder', 'toString', '__proto__', 'SUBMITORDER']) {
    const { type, message: detail } = refusalOf(() => operationName(name));
    expect(type).toBe('notFound');
    expect(detail).toContain('submitOrder');
  }
});

test('the token may stand with the word Bearer, or alone', () => {
  expect(tokenOf(message('', { 'Sandpit-Authorization': 'Bearer abc' }))).toBe('abc');
  expect(tokenOf(message('', { 'Sandpit-Authorization': 'abc' }))).toBe('abc');
  expect(tokenOf(message(''))).toBeUndefined();
});

test.each`
  body                                           | isStamped
  ${{ sentAt: '2026-01-05T14:30:02.118Z' }}      | ${true}
  ${{ clientOrderId: 'a', sentAt: 'yesterday' }} | ${true}
  ${{ clientOrderId: 'a' }}                      | ${false}
  ${undefined}                                   | ${false}
  ${null}                                        | ${false}
  ${'sentAt'}                                    | ${false}
`('$body says when it was sent: $isStamped', ({ body, isStamped }) => {
  if (isStamped) expect(() => checkStamped({ body })).not.toThrow();
  else expect(refusalOf(() => checkStamped({ body })).data.errors?.[0]?.path).toBe('sentAt');
});
