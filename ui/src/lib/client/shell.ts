/** What the app keeps of itself for times without a network: which requests, and of which version. Pure. */

/** One page for every address; the gateway answers with it, too. */
export const PAGE = '/200.html';
/** On a network that lets a page wait for longer, the kept one is shown. */
export const PAGE_WITHIN_MS = 4_000;
const PREFIX = 'sandpit-shell-';
/** The current one, and the one that pages of before may still need. */
const SHELLS_KEPT = 2;

export const shellName = (version: string) => `${PREFIX}${version}`;

/** `network`: left to the browser, as if there were nobody in between. */
export function howToAnswer(
  { method, mode, url }: { method: string; mode: string; url: string },
  origin: string,
  files: readonly string[],
): 'page' | 'file' | 'network' {
  const { origin: asked, pathname } = new URL(url);
  if (method !== 'GET' || asked !== origin) return 'network';
  if (files.includes(pathname) || pathname.startsWith('/_app/immutable/')) return 'file';
  const isDocument = pathname.startsWith('/docs') || /\.[a-z0-9]+$/i.test(pathname);
  const isOurs = !isDocument && !pathname.startsWith('/api/');
  return mode === 'navigate' && isOurs ? 'page' : 'network';
}

/** Whether all the code that the page names is among the files of this version. */
export function isWholeShell(page: string, files: readonly string[]): boolean {
  const named = [...page.matchAll(/\/_app\/immutable\/[^"'\s)]+/g)].map(([path]) => path);
  return named.length > 0 && named.every((path) => files.includes(path));
}

/** Kept versions that nobody needs any more. @param names  In the order in which they were made. */
export function expiredShells(names: readonly string[], current: string): string[] {
  const shells = names.filter((name) => name.startsWith(PREFIX) && name !== current);
  return shells.slice(0, Math.max(0, shells.length - (SHELLS_KEPT - 1)));
}
