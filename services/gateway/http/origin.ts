/** Is this request made by our own page? Asked where a cookie alone would prove who it is. */
import type { IncomingMessage } from 'node:http';
import { problem } from '../../platform/errors.ts';

/**
 * Browsers say where a request comes from and pages cannot change it. A client that is no browser
 * sends neither header; it holds no cookie that it did not put there itself.
 *
 * @param origins  Origins of our own app.
 * @throws problem `originRejected`
 */
export function checkOrigin(
  { headers }: Pick<IncomingMessage, 'headers'>,
  origins: ReadonlySet<string>,
): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw problem('originRejected');
  }
  const { origin } = headers;
  if (origin !== undefined && !origins.has(origin) && !isOwnHost(origin, headers.host, site)) {
    throw problem('originRejected');
  }
}

/** Behind a tunnel or another name for loopback the browser itself vouches that it is our page. */
function isOwnHost(origin: string, host: string | undefined, site: unknown): boolean {
  return site === 'same-origin' && host !== undefined && URL.parse(origin)?.host === host;
}

/**
 * As `checkOrigin`, for the opening of a WebSocket, where browsers say the origin and often nothing
 * more. No cookie counts on a socket, so a page that is named as its own host may come in.
 *
 * @throws problem `originRejected`
 */
export function checkSocketOrigin(
  { headers }: Pick<IncomingMessage, 'headers'>,
  origins: ReadonlySet<string>,
): void {
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isSameHost = origin !== undefined && isOwnHost(origin, host, site ?? 'same-origin');
  if (!isSameHost) checkOrigin({ headers }, origins);
}
