/** Sign-up, log-in and what follows: ties users, tokens and the throttle together. */
import { createHash } from 'node:crypto';
import type { Bus } from '@sandpit/bus/bus.ts';
import type { AuthAnswer, Credentials } from '@sandpit/schemas/http.ts';
import type { AuditNote } from '../platform/audit.ts';
import type { SandpitDatabase } from '../platform/database.ts';
import { codeOf, problem } from '../platform/errors.ts';
import { ACCESS_TOKEN, OPERATOR_USER_ID } from '../platform/tokens.ts';
import { signAccessToken } from './access-token.ts';
import type { LoginThrottle } from './login-throttle.ts';
import {
  beginFamily,
  endedSince,
  exchange,
  forgetOldTokens,
  type IssuedToken,
  revokeFamilyOf,
} from './refresh-tokens.ts';
import { loadSigningKeys, type PublicKey, publishKeys, type SigningKeys } from './signing-keys.ts';
import { accountWith, authenticate, createUser, emailKey, type User, userById } from './users.ts';

export interface IdentityParts {
  db: SandpitDatabase;
  bus: Bus;
  throttle: LoginThrottle;
  secret: Buffer;
  logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  audit(note: Omit<AuditNote, 'area' | 'actor'>): void;
  /** Log-ins have ended before their time: whoever knows them must hear of it. */
  onEnded(loginIds: readonly string[]): void;
  now?: () => number;
}

/** The gateway makes the cookie out of the refresh token; it never reaches a script. */
export interface LoggedIn {
  answer: AuthAnswer;
  refreshToken: string;
  refreshExpiresAt: string;
}

export class Identity {
  readonly #parts: IdentityParts;
  readonly #now: () => number;
  #keys: SigningKeys | null = null;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Makes, retires and publishes signing keys as they are due. */
  async tendKeys(): Promise<void> {
    const { db, bus, secret, logger } = this.#parts;
    const keys = await loadSigningKeys(db, secret, this.#now());
    if (keys.unreadable.length > 0) {
      logger.warn(
        { kids: keys.unreadable },
        'signing keys were sealed with another secret; retired, so their tokens end now',
      );
    }
    await publishKeys(bus, keys.published);
    this.#keys = keys;
  }

  async forgetOldTokens(): Promise<void> {
    const tokens = await forgetOldTokens(this.#parts.db, this.#now());
    if (tokens > 0) this.#parts.logger.info({ tokens }, 'old refresh tokens forgotten');
  }

  get publicKeys(): readonly PublicKey[] {
    return this.#keys?.published ?? [];
  }

  async signup(credentials: Credentials, clientAddress?: string): Promise<LoggedIn> {
    const { db, throttle, logger } = this.#parts;
    await throttle.admitSignup(clientAddress);
    const user = await createUser(db, credentials);
    logger.info({ userId: user.id, accountId: user.accountId }, 'signed up');
    this.#parts.audit({ action: 'signedUp', accountId: user.accountId });
    return this.#begin(user);
  }

  async login(credentials: Credentials, clientAddress?: string): Promise<LoggedIn> {
    const { db, throttle, logger } = this.#parts;
    const key = createHash('sha256').update(emailKey(credentials.email)).digest('base64url');
    try {
      await throttle.admitLogin(key, clientAddress);
    } catch (error) {
      if (codeOf(error) === 'rateLimited') this.#parts.audit({ action: 'logInThrottled' });
      throw error;
    }
    const user = await authenticate(db, credentials);
    if (!user) {
      await throttle.failed(key, clientAddress);
      // After the answer: it must not take longer for an address that we know.
      setImmediate(() => void this.#noteFailure(credentials.email));
      throw problem('invalidCredentials');
    }
    await throttle.succeeded(key, clientAddress);
    logger.info({ userId: user.id }, 'logged in');
    this.#parts.audit({ action: 'loggedIn', accountId: user.accountId });
    return this.#begin(user);
  }

  async refresh(refreshToken: string): Promise<LoggedIn> {
    const { db, logger } = this.#parts;
    const result = await exchange(db, refreshToken, this.#now());
    if (result.outcome === 'rejected') {
      if (result.reason === 'reused') {
        logger.warn({}, 'spent refresh token used; family revoked');
        this.#parts.onEnded([result.familyId]);
        await this.#noteEnd('refreshReused', result);
      }
      throw problem('refreshRejected');
    }
    const user = await userById(db, result.issued.userId);
    if (!user) throw problem('refreshRejected');
    return this.#answer(user, result.issued);
  }

  async logout(refreshToken: string): Promise<void> {
    const ended = await revokeFamilyOf(this.#parts.db, refreshToken, this.#now());
    if (!ended) return;
    this.#parts.onEnded([ended.familyId]);
    await this.#noteEnd('loggedOut', ended);
  }

  /** Those that have ended while this process was away, and whose access tokens may be good yet. */
  endedOfLate(): Promise<string[]> {
    return endedSince(this.#parts.db, this.#now() - 2 * ACCESS_TOKEN.lifeSeconds * 1_000);
  }

  /**
   * A token with which the operator's console speaks for an account. Whoever can ask for it is inside
   * the mesh, and no route of the gateway leads here.
   */
  async operatorToken(accountId: string): Promise<string> {
    if (!this.#keys) throw problem('unavailable', { retryAfterSeconds: 1 });
    const bearer = { userId: OPERATOR_USER_ID, accountId, loginId: OPERATOR_USER_ID };
    this.#parts.logger.info({ accountId }, 'token for the operator');
    return signAccessToken(this.#keys.signer, bearer, this.#now());
  }

  async #begin(user: User): Promise<LoggedIn> {
    const { retired, ...issued } = await beginFamily(this.#parts.db, user.id, this.#now());
    if (retired.length > 0) {
      this.#parts.onEnded(retired);
      const detail = { logins: retired.length };
      this.#parts.audit({ action: 'logInsRetired', accountId: user.accountId, detail });
    }
    return this.#answer(user, issued);
  }

  /** The trader sees failed attempts in his own trail; an unknown address is nobody's. */
  async #noteFailure(email: string): Promise<void> {
    const accountId = await accountWith(this.#parts.db, email).catch(() => null);
    this.#parts.audit({ action: 'logInFailed', accountId, outcome: 'invalidCredentials' });
  }

  async #noteEnd(
    action: string,
    { familyId, userId }: { familyId: string; userId: string },
  ): Promise<void> {
    const user = await userById(this.#parts.db, userId);
    this.#parts.audit({ action, accountId: user?.accountId ?? null, subjectId: familyId });
  }

  async #answer(user: User, issued: IssuedToken): Promise<LoggedIn> {
    if (!this.#keys) throw problem('unavailable', { retryAfterSeconds: 1 });
    const bearer = { userId: user.id, accountId: user.accountId, loginId: issued.familyId };
    const accessToken = await signAccessToken(this.#keys.signer, bearer, this.#now());
    return {
      answer: {
        accessToken,
        expiresInSeconds: ACCESS_TOKEN.lifeSeconds,
        user: { id: user.id, email: user.email },
      },
      refreshToken: issued.token,
      refreshExpiresAt: issued.expiresAt.toISOString(),
    };
  }
}
