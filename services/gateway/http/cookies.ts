/** The refresh cookie: never readable by scripts, never sent by another site. */
import type { IncomingMessage } from 'node:http';

/** The prefix makes the browser insist on Secure, Path=/ and no Domain. */
export const REFRESH_COOKIE = '__Host-sandpit-refresh';

export function refreshCookie(token: string, expiresAt: Date): string {
  return `${REFRESH_COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}`;
}

export const clearedRefreshCookie = `${REFRESH_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`;

export function refreshTokenOf({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === REFRESH_COOKIE) return pair.slice(at + 1).trim();
  }
  return null;
}
