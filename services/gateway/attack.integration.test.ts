import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESS_TOKEN } from '../platform/tokens.ts';
import { routes } from './routes.ts';
import { type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { expectProblem, ordersOf, ticket } from './testing/rest.ts';

let doors: Doors;
let ada: TestTrader;

beforeAll(async () => {
  doors = await openDoors();
  ada = await doors.trader();
});
afterAll(async () => doors?.stop());

const raw = (body: string, headers: object = {}) => ({ body, headers });
const order = (change: object) => raw(JSON.stringify(ticket('fuzz', change)));
const CASES: [string, string, { body: string | Uint8Array; headers: object }][] = [
  ['no JSON', 'malformedJson', raw('{"clientOrderId":')],
  ['an empty object', 'validationFailed', raw('{}')],
  ['an array', 'validationFailed', raw('[]')],
  ['null', 'validationFailed', raw('null')],
  ['broken UTF-8', 'malformedJson', { body: new Uint8Array([0x7b, 0xff, 0x7d]), headers: {} }],
  ['a number as text', 'validationFailed', order({ quantity: 10 })],
  ['a negative size', 'validationFailed', order({ quantity: '-10' })],
  ['zero', 'validationFailed', order({ quantity: '0' })],
  ['zero in disguise', 'validationFailed', order({ quantity: '0.000' })],
  ['NaN', 'validationFailed', order({ quantity: 'NaN' })],
  ['infinity', 'validationFailed', order({ limitPrice: 'Infinity' })],
  ['an exponent', 'validationFailed', order({ limitPrice: '1e400' })],
  ['hexadecimal', 'validationFailed', order({ quantity: '0x10' })],
  ['beyond a safe integer', 'validationFailed', order({ quantity: '9007199254740993' })],
  ['twenty digits', 'validationFailed', order({ quantity: '99999999999999999999' })],
  ['between two ticks', 'validationFailed', order({ limitPrice: '180.055' })],
  ['between two lots', 'validationFailed', order({ quantity: '10.5' })],
  ['a market order with a price', 'validationFailed', order({ type: 'market' })],
  ['a limit order without', 'validationFailed', order({ limitPrice: undefined })],
  ['an unknown symbol', 'validationFailed', order({ symbol: 'NOPE' })],
  ['a symbol with a dot', 'validationFailed', order({ symbol: 'A.B' })],
  ['an id with a wildcard', 'validationFailed', order({ clientOrderId: '>' })],
  ['an id with a dot', 'validationFailed', order({ clientOrderId: 'a.b' })],
  ['a long id', 'validationFailed', order({ clientOrderId: 'x'.repeat(37) })],
  ['another side', 'validationFailed', order({ side: 'both' })],
  ['a field too many', 'validationFailed', order({ accountId: 'acc' })],
  ['__proto__', 'validationFailed', raw('{"__proto__":{"side":"buy"},"clientOrderId":"p"}')],
  [
    'deep nesting',
    'validationFailed',
    raw(`{"quantity":${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
  ],
  ['17 KiB', 'payloadTooLarge', order({ symbol: 'A'.repeat(17_000) })],
  [
    'a form',
    'unsupportedMediaType',
    raw('a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
  ],
  ['text', 'unsupportedMediaType', raw('{}', { 'content-type': 'text/plain' })],
  ['almost JSON', 'unsupportedMediaType', raw('{}', { 'content-type': 'application/jsonp' })],
  ['compressed', 'unsupportedMediaType', raw('{}', { 'content-encoding': 'gzip' })],
  ['another site', 'originRejected', raw('{}', { 'sec-fetch-site': 'cross-site' })],
  ['another origin', 'originRejected', raw('{}', { origin: 'https://evil.example' })],
];

test.each(CASES)(
  'an order with %s is refused as %s, and nothing is sent',
  async (_, code, input) => {
    const before = doors.worker.received.length;
    const answer = await ada.call('POST', ordersOf(ada), input.body, input.headers);
    expectProblem(answer, code);
    if (code === 'validationFailed') expect(answer.body.errors.length).toBeGreaterThan(0);
    expect(doors.worker.received.length).toBe(before);
  },
);

test('several faults are named at once, each by its field', async () => {
  const { body } = await ada.call('POST', ordersOf(ada), {
    side: 'both',
    quantity: '-1',
    extra: 1,
  });
  const paths = body.errors.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['clientOrderId', 'symbol', 'side', 'quantity', 'type', 'extra']),
  );
});

async function forgedTokens(): Promise<Record<string, string>> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const claims = { acc: ada.accountId, sid: 's', jti: 'j' };
  const sign = (typ: string, seconds: number) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ, kid: 'other' })
      .setSubject('u')
      .setIssuer(ACCESS_TOKEN.issuer)
      .setAudience(ACCESS_TOKEN.audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
      .sign(privateKey);
  const none = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    'another key': await sign(ACCESS_TOKEN.type, 60),
    'an expired one of another key': await sign(ACCESS_TOKEN.type, -600),
    'no signature': `${none({ alg: 'none', typ: 'at+jwt' })}.${none({ ...claims, sub: 'u' })}.`,
    'a changed claim': ada.token.replace(/\.(.)/, (_, c) => `.${c === 'a' ? 'b' : 'a'}`),
    'no token at all': 'x',
    'a very long one': 'x'.repeat(5_000),
  };
}

test('a forged token opens nothing, on any route', async () => {
  const tokens = await forgedTokens();
  const before = doors.worker.received.length;
  for (const [name, token] of Object.entries(tokens)) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(doors.web, 'POST', ordersOf(ada), { body: ticket('f'), headers });
    expect(answer.body.code, name).toBe('unauthenticated');
    expectProblem(answer, 'unauthenticated');
  }
  for (const { method, path, auth } of routes) {
    if (auth !== 'trader') continue;
    const url = path.replace('/api/v1', '').replace(/:\w+/g, 'ACME');
    const answer = await request(doors.web, method, url);
    expect({ method, url, code: answer.body.code }).toEqual({
      method,
      url,
      code: 'unauthenticated',
    });
  }
  expect(doors.worker.received.length).toBe(before);
});

test('what belongs to another trader is not there, on any route that names a simulator', async () => {
  const bob = await doors.trader();
  const before = doors.worker.received.length;
  const list = {
    clientListId: 'theft',
    contingency: 'oco',
    orders: [ticket('theft-1'), ticket('theft-2')],
  };
  const bodies: Record<string, unknown> = {
    submitOrder: ticket('theft'),
    previewOrder: ticket('theft'),
    replaceOrder: { quantity: '1' },
    submitOrderList: list,
    previewOrderList: list,
    closePosition: { clientOrderId: 'theft' },
    reversePosition: { clientOrderId: 'theft' },
    setKillSwitch: { engaged: true },
    askWhatIf: { orderId: '1' },
    setDeadMan: { timeoutSeconds: 0 },
  };
  const queries: Record<string, string> = { getCertificate: '?symbol=ACME' };
  const tried = routes.filter(
    // The services behind these are not part of this test's doors.
    ({ path, operationId }) =>
      path.includes('/simulators/:id/') &&
      !/Simulator$|History$|[tn]Instrument$|^saveState$/.test(operationId),
  );
  expect(tried.length).toBeGreaterThan(10);
  for (const { method, path, operationId } of tried) {
    const url = path
      .replace('/api/v1', '')
      .replace(':id', bob.simulator.simulatorId)
      .replace(':orderId', '1')
      .replace(':listId', '1')
      .replace(':symbol', 'ACME');
    const target = `${url}${queries[operationId] ?? ''}`;
    const answer = await ada.call(method, target, bodies[operationId]);
    expect({ url, status: answer.status, code: answer.body.code }).toEqual({
      url,
      status: 404,
      code: 'notFound',
    });
  }
  expect(doors.worker.received.length).toBe(before);
});
