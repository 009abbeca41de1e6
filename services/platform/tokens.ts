/**
 * Access tokens: the one place that verifies them. Every option is stated, because a call without
 * them takes other algorithms, other kinds of token and tokens that never end (RFC 8725).
 */
import type { Bus, Stoppable } from '@sandpit/bus/bus.ts';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { problem } from './errors.ts';
import { Lru } from './lru.ts';

export const ACCESS_TOKEN = {
  issuer: 'urn:sandpit:identity',
  audience: 'urn:sandpit:api',
  type: 'at+jwt',
  algorithm: 'EdDSA',
  lifeSeconds: 300,
} as const;

/** Key of the bucket KEYS under which the public keys stand. */
export const JWKS_KEY = 'jwks';
const CLOCK_TOLERANCE_SECONDS = 30;
const TOKEN_LENGTH_MAX = 2_048;
const VERIFIED_MAX = 10_000;
const REVOKED_MAX = 50_000;

/** User of the tokens with which the operator's console and the house speak for an account. */
export const OPERATOR_USER_ID = 'operator';

/** Who a verified token speaks for. */
export interface Principal {
  userId: string;
  accountId: string;
  /** Id of the log-in the token belongs to. */
  loginId: string;
  expiresAtMs: number;
}

type KeyLookup = ReturnType<typeof createLocalJWKSet>;

export class TokenVerifier {
  readonly #verified = new Lru<string, Principal>(VERIFIED_MAX);
  /** Log-ins that have ended, and when. */
  readonly #revoked = new Lru<string, number>(REVOKED_MAX);
  readonly #now: () => number;
  #keys: KeyLookup | null = null;
  #keysText = '';
  #watch: Stoppable | null = null;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Follows the published keys until `stop`. A key that is withdrawn stops counting at once. */
  async follow(bus: Bus): Promise<void> {
    const bucket = await bus.bucket('KEYS');
    this.#watch = await bucket.watch(({ key, value }) => {
      if (key === JWKS_KEY && value) this.useKeys(JSON.parse(new TextDecoder().decode(value)));
    });
  }

  useKeys(jwks: JSONWebKeySet): void {
    const text = JSON.stringify(jwks);
    if (text === this.#keysText) return;
    this.#keysText = text;
    this.#keys = createLocalJWKSet(jwks);
    this.#verified.clear();
  }

  get ready(): boolean {
    return this.#keys !== null;
  }

  /** Refuses the tokens of a log-in that has ended; they would be good for minutes yet. */
  revokeLogin(loginId: string): void {
    this.#revoked.set(loginId, this.#now());
  }

  /**
   * @param atMs  When the token was used, ms since the epoch; now unless given. A stored command is
   *              judged by the time it was stored, so that a late delivery still passes.
   * @throws problem `unauthenticated`, `tokenExpired`, or `unavailable` while no keys are known.
   */
  async verify(token: string | undefined, { atMs = this.#now() } = {}): Promise<Principal> {
    if (!token || token.length > TOKEN_LENGTH_MAX) throw problem('unauthenticated');
    const known = this.#verified.get(token);
    if (known) return this.#unrevoked(unexpired(known, atMs), atMs);
    const keys = this.#keys;
    if (!keys) {
      throw problem('unavailable', {
        detail: 'The keys that sign access tokens are not known yet. Retry after a moment.',
        retryAfterSeconds: 1,
      });
    }
    const principal = await check(token, keys, atMs);
    // The keys may have changed while it was checked; only what they vouch for is remembered.
    if (keys === this.#keys) this.#verified.set(token, principal);
    return this.#unrevoked(principal, atMs);
  }

  #unrevoked(principal: Principal, atMs: number): Principal {
    const revokedAtMs = this.#revoked.get(principal.loginId);
    if (revokedAtMs !== undefined && atMs >= revokedAtMs) {
      throw problem('unauthenticated', { detail: 'This log-in has ended. Log in again.' });
    }
    return principal;
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
    this.#watch = null;
  }
}

function unexpired(principal: Principal, atMs: number): Principal {
  if (atMs >= principal.expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1_000)
    throw problem('tokenExpired');
  return principal;
}

async function check(token: string, keys: KeyLookup, atMs: number): Promise<Principal> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [ACCESS_TOKEN.algorithm],
      issuer: ACCESS_TOKEN.issuer,
      audience: ACCESS_TOKEN.audience,
      typ: ACCESS_TOKEN.type,
      requiredClaims: ['exp', 'iat', 'sub', 'acc', 'sid', 'jti'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(atMs),
    });
    return principalOf(payload);
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw problem('tokenExpired', { cause: error });
    throw problem('unauthenticated', { cause: error });
  }
}

function principalOf(claims: JWTPayload): Principal {
  const { sub, acc, sid, exp } = claims as JWTPayload & Record<'acc' | 'sid', unknown>;
  // These become subject tokens: nothing but plain ids may pass.
  for (const id of [sub, acc, sid]) {
    if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error('Bad claim.');
  }
  return {
    userId: sub as string,
    accountId: acc as string,
    loginId: sid as string,
    expiresAtMs: (exp as number) * 1_000,
  };
}
