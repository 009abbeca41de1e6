import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ACCESS_TOKEN, TokenVerifier } from './tokens.ts';

const NOW_MS = Date.UTC(2026, 0, 5, 14, 30);
const now = NOW_MS / 1_000;
const ours = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
const theirs = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
const publicPem = await exportSPKI(ours.publicKey);
const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' };
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' };
const claims = {
  iss: ACCESS_TOKEN.issuer,
  aud: ACCESS_TOKEN.audience,
  sub: 'user1',
  acc: 'account1',
  sid: 'login1',
  jti: 'j1',
  iat: now - 10,
  exp: now + 290,
};

interface Forgery {
  header?: Partial<JWTHeaderParameters>;
  claims?: Record<string, unknown>;
  key?: typeof ours.privateKey | Uint8Array;
}
function token({ header: h, claims: c, key = ours.privateKey }: Forgery = {}): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...claims, ...c })) as JWTPayload;
  const protectedHeader = JSON.parse(JSON.stringify({ ...header, ...h })) as JWTHeaderParameters;
  return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key);
}

let clockMs: number;
let verifier: TokenVerifier;
beforeAll(() => {
  clockMs = NOW_MS;
  verifier = new TokenVerifier(() => clockMs);
  verifier.useKeys({ keys: [jwk] });
});
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { type: string }) => error.type,
  );

test('a good token names who it speaks for', async () => {
  expect(await verifier.verify(await token())).toEqual({
    userId: 'user1',
    accountId: 'account1',
    loginId: 'login1',
    expiresAtMs: (now + 290) * 1_000,
  });
});

describe('attacks', () => {
  const hmac = (secret: string) =>
    token({ header: { alg: 'HS256' }, key: new TextEncoder().encode(secret) });
  const swap = async (claim: object) => {
    const [head, , signature] = (await token()).split('.');
    const body = Buffer.from(JSON.stringify({ ...claims, ...claim })).toString('base64url');
    return `${head}.${body}.${signature}`;
  };
  const attacks: [string, () => Promise<string>, string?][] = [
    ['no algorithm', async () => new UnsecuredJWT(claims).encode()],
    ['HS256 with the public PEM as its secret', () => hmac(publicPem)],
    ['HS256 with the public JWK as its secret', () => hmac(jwk.x!)],
    ['signed by a stranger', () => token({ key: theirs.privateKey })],
    ['claims swapped under a good signature', () => swap({ acc: 'account2' })],
    ['an unknown kid', () => token({ header: { kid: 'k2' } })],
    ['wrong typ: JWT', () => token({ header: { typ: 'JWT' } })],
    ['wrong typ: a refresh token as access', () => token({ header: { typ: 'rt+jwt' } })],
    ['no typ', () => token({ header: { typ: undefined as never } })],
    ['no exp', () => token({ claims: { exp: undefined } })],
    ['no sub', () => token({ claims: { sub: undefined } })],
    ['no acc', () => token({ claims: { acc: undefined } })],
    ['foreign audience', () => token({ claims: { aud: 'urn:other:api' } })],
    ['foreign issuer', () => token({ claims: { iss: 'urn:evil' } })],
    ['an account that is a wildcard', () => token({ claims: { acc: '*' } })],
    ['an account with a dot', () => token({ claims: { acc: 'a.b' } })],
    ['an account that is no text', () => token({ claims: { acc: { x: 1 } } })],
    [
      'critical header nobody knows',
      () => token({ header: { crit: ['x'], x: 1 } as never }).catch(() => 'x.y.z'),
    ],
    ['an oversized token', async () => `${await token()}${'A'.repeat(5_000)}`],
    ['garbage', async () => 'a.b.c'],
    ['nothing', async () => ''],
    ['expired', () => token({ claims: { exp: now - 31 } }), 'tokenExpired'],
    ['not valid yet', () => token({ claims: { nbf: now + 60 } })],
  ];
  test.each(attacks)('%s', async (_name, forge, code = 'unauthenticated') => {
    const forged = await forge();
    expect(await codeOf(verifier.verify(forged))).toBe(code);
    // Not remembered as good either.
    expect(await codeOf(verifier.verify(forged))).toBe(code);
  });
  test('no token at all', async () => {
    expect(await codeOf(verifier.verify(undefined))).toBe('unauthenticated');
  });
});

describe('time', () => {
  test('30 s of clock difference are forgiven, and no more, also from memory', async () => {
    const text = await token({ claims: { exp: now + 5 } });
    expect(await codeOf(verifier.verify(text))).toBe('accepted');
    expect(await codeOf(verifier.verify(text, { atMs: NOW_MS + 34_000 }))).toBe('accepted');
    expect(await codeOf(verifier.verify(text, { atMs: NOW_MS + 35_000 }))).toBe('tokenExpired');
  });
  test('a stored command is judged by the time it was stored', async () => {
    const text = await token({ claims: { exp: now - 600, iat: now - 900 } });
    expect(await codeOf(verifier.verify(text))).toBe('tokenExpired');
    expect(await codeOf(verifier.verify(text, { atMs: NOW_MS - 650_000 }))).toBe('accepted');
    expect(await codeOf(verifier.verify(text))).toBe('tokenExpired');
  });
});

describe('keys', () => {
  test('only EdDSA signs, even if a key of another kind were published', async () => {
    const other = await generateKeyPair('ES256', { extractable: true });
    const published = {
      ...(await exportJWK(other.publicKey)),
      kid: 'es',
      alg: 'ES256',
      use: 'sig',
    };
    const own = new TokenVerifier(() => clockMs);
    own.useKeys({ keys: [jwk, published] });
    const forged = await token({ header: { alg: 'ES256', kid: 'es' }, key: other.privateKey });
    expect(await codeOf(own.verify(forged))).toBe('unauthenticated');
  });
  test('without any the answer is "later", not "no"', async () => {
    expect(await codeOf(new TokenVerifier().verify(await token()))).toBe('unavailable');
  });
  test('a withdrawn key stops counting at once, also for tokens seen before', async () => {
    const own = new TokenVerifier(() => clockMs);
    own.useKeys({ keys: [jwk] });
    const text = await token();
    expect(await codeOf(own.verify(text))).toBe('accepted');
    const other = { ...(await exportJWK(theirs.publicKey)), kid: 'k2', alg: 'EdDSA', use: 'sig' };
    own.useKeys({ keys: [other] });
    expect(await codeOf(own.verify(text))).toBe('unauthenticated');
    expect(
      await codeOf(own.verify(await token({ header: { kid: 'k2' }, key: theirs.privateKey }))),
    ).toBe('accepted');
  });
});

test('the tokens of a log-in that has ended are refused, those of other log-ins are not', async () => {
  const own = new TokenVerifier(() => NOW_MS);
  own.useKeys({ keys: [jwk] });
  const [ended, other] = [
    await token({ claims: { jti: 'e' } }),
    await token({ claims: { sid: 'l2' } }),
  ];
  expect((await own.verify(ended)).loginId).toBe('login1');
  own.revokeLogin('login1');
  for (let i = 0; i < 2; i++) expect(await codeOf(own.verify(ended))).toBe('unauthenticated');
  expect(await codeOf(own.verify(await token({ claims: { jti: 'f' } })))).toBe('unauthenticated');
  expect((await own.verify(other)).loginId).toBe('l2');
  // A command that was stored before it ended counts.
  expect(await codeOf(own.verify(ended, { atMs: NOW_MS - 1 }))).toBe('accepted');
});
