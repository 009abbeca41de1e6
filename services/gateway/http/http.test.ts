import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Redis } from 'ioredis';
import { Errors } from 'moleculer';
import { expect, test } from 'vitest';
import { problem } from '../../platform/errors.ts';
import { clientAddress, networkOf } from './address.ts';
import { BODY_BYTES_MAX, readJson } from './body.ts';
import { REFRESH_COOKIE, refreshCookie, refreshTokenOf } from './cookies.ts';
import { Limits } from './limits.ts';
import { checkOrigin } from './origin.ts';
import { problemOf } from './problems.ts';
import { dataHeaders, inlineScriptHashes, securityHeaders } from './security-headers.ts';

test.each`
  error                                                        | code                 | status
  ${problem('orderGateClosed', { detail: 'Why.' })}            | ${'orderGateClosed'} | ${403}
  ${new Errors.RequestTimeoutError({ action: 'a' } as never)}  | ${'unavailable'}     | ${503}
  ${new Errors.ServiceNotFoundError({ action: 'a' } as never)} | ${'unavailable'}     | ${503}
  ${new Error('password of the database is x')}                | ${'internalError'}   | ${500}
  ${null}                                                      | ${'internalError'}   | ${500}
  ${'text'}                                                    | ${'internalError'}   | ${500}
`('$error is told as $code', ({ error, code, status }) => {
  const document = problemOf(error, 'corr');
  expect(document).toMatchObject({ code, status, correlationId: 'corr' });
  expect(document.type).toBe(`urn:sandpit:problem:${code}`);
  expect(JSON.stringify(document)).not.toContain('password');
});

test('a problem says what its writer said, and carries only what it may', () => {
  const error = problem('validationFailed', {
    detail: 'Try again.',
    errors: [{ path: 'quantity', message: 'is missing', secret: 1 } as never],
    cause: new Error('inner'),
  });
  (error.data as Record<string, unknown>).query = 'select *';
  expect(problemOf(error, 'c')).toEqual({
    type: 'urn:sandpit:problem:validationFailed',
    title: 'Validation failed',
    status: 422,
    code: 'validationFailed',
    detail: 'Try again.',
    correlationId: 'c',
    errors: [{ path: 'quantity', message: 'is missing' }],
  });
  expect(problemOf(problem('internalError', { detail: 'table users' }), 'c').detail).not.toContain(
    'users',
  );
});

function body(text: string | Buffer, headers: Record<string, string> = {}): IncomingMessage {
  const stream = Readable.from([Buffer.from(text)]);
  const length = { 'content-length': `${Buffer.byteLength(text)}` };
  return Object.assign(stream, {
    headers: { 'content-type': 'application/json', ...length, ...headers },
  }) as unknown as IncomingMessage;
}

test('a body is read when it is JSON, and nothing is read when there is none', async () => {
  await expect(readJson(body('{"a":1}'))).resolves.toEqual({ a: 1 });
  const charset = { 'content-type': 'application/JSON; charset=utf-8' };
  await expect(readJson(body('1', charset))).resolves.toBe(1);
  await expect(readJson(body('', { 'content-type': 'text/plain' }))).resolves.toBeUndefined();
});

test('a body that lies about its size is still bounded', async () => {
  const large = JSON.stringify('x'.repeat(BODY_BYTES_MAX));
  await expect(readJson(body(large))).rejects.toMatchObject({ type: 'payloadTooLarge' });
  await expect(readJson(body(large, { 'content-length': '10' }))).rejects.toMatchObject({
    type: 'payloadTooLarge',
  });
});

test.each`
  hops | forwarded                       | address
  ${0} | ${'6.6.6.6'}                    | ${'10.0.0.1'}
  ${1} | ${'6.6.6.6, 1.2.3.4'}           | ${'1.2.3.4'}
  ${2} | ${'6.6.6.6, 1.2.3.4, 10.0.0.9'} | ${'1.2.3.4'}
  ${1} | ${undefined}                    | ${'10.0.0.1'}
  ${3} | ${'1.2.3.4'}                    | ${'10.0.0.1'}
`('with $hops proxies and "$forwarded" the client is $address', ({ hops, forwarded, address }) => {
  const headers = forwarded ? { 'x-forwarded-for': forwarded } : {};
  const socket = { remoteAddress: '10.0.0.1' } as IncomingMessage['socket'];
  expect(clientAddress({ headers, socket }, hops)).toBe(address);
});

test.each`
  address                   | network
  ${'1.2.3.4'}              | ${'1.2.3.4'}
  ${'::ffff:1.2.3.4'}       | ${'::ffff:1.2.3.4'}
  ${'2001:db8:1:2:3:4:5:6'} | ${'2001:db8:1:2'}
  ${'2001:db8::1'}          | ${'2001:db8:0:0'}
  ${'::1'}                  | ${'0:0:0:0'}
`('$address is counted as $network', ({ address, network }) => {
  expect(networkOf(address)).toBe(network);
});

test('the refresh cookie is read back, whatever stands beside it', () => {
  const cookie = refreshCookie('tok-en_1', new Date(0)).split(';')[0];
  const of = (text: string) => refreshTokenOf({ headers: { cookie: text } });
  expect(of(`a=b; ${cookie}; c=d`)).toBe('tok-en_1');
  expect(of(`x${cookie}`)).toBeNull();
  expect(of(`${REFRESH_COOKIE}`)).toBeNull();
});

const own = new Set(['https://sandpit.example']);
test.each`
  who                              | headers                                                                             | passes
  ${'a program'}                   | ${{}}                                                                               | ${true}
  ${'our page'}                    | ${{ 'sec-fetch-site': 'same-origin', origin: 'https://sandpit.example' }}           | ${true}
  ${'our page under another name'} | ${{ 'sec-fetch-site': 'same-origin', origin: 'http://box:3000', host: 'box:3000' }} | ${true}
  ${'an old browser elsewhere'}    | ${{ origin: 'https://evil.example', host: 'evil.example' }}                         | ${false}
  ${'another site'}                | ${{ 'sec-fetch-site': 'cross-site' }}                                               | ${false}
  ${'a sibling'}                   | ${{ 'sec-fetch-site': 'same-site', origin: 'https://x.sandpit.example' }}           | ${false}
  ${'a sandboxed frame'}           | ${{ origin: 'null' }}                                                               | ${false}
`('$who may use the cookie: $passes', ({ headers, passes }) => {
  const check = () => checkOrigin({ headers }, own);
  if (passes) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ type: 'originRejected' }));
});

test('only the inline scripts that were built may run', () => {
  const html =
    '<script>let a=1</script><script src="/x.js"></script><script type="module">b()</script>';
  const hashes = inlineScriptHashes(html);
  expect(hashes).toHaveLength(2);
  const policy = securityHeaders(hashes, true)['Content-Security-Policy'];
  expect(policy).toContain(`script-src 'self' ${hashes.join(' ')};`);
  expect(securityHeaders([], false)).not.toHaveProperty('Strict-Transport-Security');
  expect(dataHeaders(true)).toHaveProperty('Strict-Transport-Security');
  expect(dataHeaders(false)['Content-Security-Policy']).toMatch(/^default-src 'none'/);
});

test('limits hold without Redis, each caller on its own', async () => {
  const away = { status: 'end' } as unknown as Redis;
  const limits = new Limits(
    away,
    {
      order: { points: 2, seconds: 10, fast: true },
      write: { points: 2, seconds: 10, fast: false },
    },
    'test',
  );
  for (const name of ['order', 'write'] as const) {
    await limits.take(name, 'ada');
    await limits.take(name, 'ada');
    await expect(limits.take(name, 'ada')).rejects.toMatchObject({
      type: 'rateLimited',
      data: { retryAfterSeconds: 10 },
    });
    await expect(limits.take(name, 'bob')).resolves.toBeUndefined();
  }
});
