/**
 * The built web app: hashed files for ever, the page itself never cached, and the page for every
 * address that a person could have typed, because the app routes in the browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { inlineScriptHashes } from './security-headers.ts';

const FALLBACK = '200.html';
const HASHED = /^\/_app\/immutable\//;

export interface WebApp {
  /** False when nothing has been built. */
  built: boolean;
  scriptHashes: string[];
  /** Answers, or calls `next` when there is no such file. */
  serve(req: IncomingMessage, res: ServerResponse, next: () => void): void;
}

export function webApp(directory: string): WebApp {
  const page = join(directory, FALLBACK);
  if (!existsSync(page)) {
    return { built: false, scriptHashes: [], serve: (_req, _res, next) => next() };
  }
  const files = sirv(directory, {
    brotli: true,
    gzip: true,
    etag: true,
    dotfiles: false,
    setHeaders(res, pathname) {
      const forever = HASHED.test(pathname);
      res.setHeader('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
      res.setHeader('Vary', 'Accept-Encoding');
    },
  });
  const pages = ['index.html', FALLBACK].map((name) => join(directory, name)).filter(existsSync);
  return {
    built: true,
    scriptHashes: [
      ...new Set(pages.flatMap((file) => inlineScriptHashes(readFileSync(file, 'utf8')))),
    ],
    serve(req, res, next) {
      files(req, res, () => {
        if (!wantsPage(req)) return next();
        req.url = `/${FALLBACK}`;
        files(req, res, next);
      });
    },
  };
}

function wantsPage({ url = '', headers }: IncomingMessage): boolean {
  const path = url.split('?')[0];
  const isFile = /\.[a-z0-9]+$/i.test(path) || path.startsWith('/_app/');
  return !isFile && !path.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}
