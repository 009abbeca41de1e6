/** Access tokens: five minutes, EdDSA, read by `platform/tokens.ts`. */
import { SignJWT } from 'jose';
import { newId } from '../platform/ids.ts';
import { ACCESS_TOKEN } from '../platform/tokens.ts';
import type { Signer } from './signing-keys.ts';

export interface Bearer {
  userId: string;
  accountId: string;
  /** Family of the refresh token: the log-in. */
  loginId: string;
}

/** Holds ids only: it travels in stored commands, where no name or address belongs. */
export function signAccessToken(signer: Signer, bearer: Bearer, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1_000);
  return new SignJWT({ acc: bearer.accountId, sid: bearer.loginId })
    .setProtectedHeader({
      alg: ACCESS_TOKEN.algorithm,
      typ: ACCESS_TOKEN.type,
      kid: signer.kid,
    })
    .setIssuer(ACCESS_TOKEN.issuer)
    .setAudience(ACCESS_TOKEN.audience)
    .setSubject(bearer.userId)
    .setJti(newId())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN.lifeSeconds)
    .sign(signer.privateKey);
}
