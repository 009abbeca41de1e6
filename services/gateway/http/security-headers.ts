/** Headers that tell the browser what our pages, and our data, may do. */
import { createHash } from 'node:crypto';

/** Inline scripts of a page, hashed as a content security policy names them. */
export function inlineScriptHashes(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, source]) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`,
  );
}

/**
 * For pages.
 *
 * @param scriptHashes  Of the only inline scripts that may run.
 * @param secure        Served over TLS, so that plain HTTP can be ruled out for good.
 */
export function securityHeaders(
  scriptHashes: readonly string[],
  secure: boolean,
): Record<string, string> {
  const policy = [
    "default-src 'self'",
    ["script-src 'self'", ...scriptHashes].join(' '),
    // The chart and the component library set styles from script.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(secure ? ['upgrade-insecure-requests'] : []),
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    ...(secure && TLS_ONLY),
  };
}

/** An answer of the API is data: a browser that is made to show it runs and embeds nothing. */
export const dataHeaders = (secure: boolean): Record<string, string> => ({
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  ...(secure && TLS_ONLY),
});

const TLS_ONLY = { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' };
