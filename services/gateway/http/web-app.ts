/**
 * The built web app: hashed files for ever, the page itself never cached, and the page for every
 * address that a person could have typed, because the app routes in the browser.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { inlineScriptHashes } from './security-headers.ts';

const FALLBACK = '200.html';
type Files = ReturnType<typeof sirv>;
const HASHED = /^\/_app\/immutable\//;

export class WebApp {
  readonly #directory: string;
  #builtAtMs: number | null = null;
  #files: Files | null = null;
  /** Of the page's inline scripts, as a content security policy names them. */
  scriptHashes: string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    this.reload();
  }

  /** False when nothing has been built. */
  get built(): boolean {
    return this.#files !== null;
  }

  /** Looks whether it has been built anew. @returns true when it has, and the hashes are others. */
  reload(): boolean {
    const page = join(this.#directory, FALLBACK);
    const builtAtMs = statSync(page, { throwIfNoEntry: false })?.mtimeMs ?? null;
    if (builtAtMs === this.#builtAtMs) return false;
    this.#builtAtMs = builtAtMs;
    this.#files = builtAtMs === null ? null : filesOf(this.#directory);
    const pages = ['index.html', FALLBACK].map((name) => join(this.#directory, name));
    const sources = pages
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8'));
    this.scriptHashes = [...new Set(sources.flatMap(inlineScriptHashes))];
    return true;
  }

  /** Answers, or calls `next` when there is no such file. */
  serve(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    const files: Files = this.#files ?? ((_req, _res, none) => none?.());
    files(req, res, () => {
      if (wantsPage(req)) {
        req.url = `/${FALLBACK}`;
        files(req, res, next);
      } else {
        next();
      }
    });
  }
}

function filesOf(directory: string): Files {
  return sirv(directory, {
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
}

function wantsPage({ url = '', headers }: IncomingMessage): boolean {
  const path = url.split('?')[0];
  const isFile = /\.[a-z0-9]+$/i.test(path) || path.startsWith('/_app/');
  // The front page is a page to everybody, also to a client that accepts anything (curl).
  if (path === '/') return true;
  return !isFile && !path.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}
