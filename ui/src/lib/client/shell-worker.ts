/**
 * Keeps the page and its code of one version, whole or not at all.
 *
 * While there is a network the page always comes from it, so nobody is held in an old version by this; what
 * is kept answers only where the network does not. Data is never kept here: what the desk knew last it
 * keeps itself, with its age.
 */
import { expiredShells, isWholeShell, PAGE, PAGE_WITHIN_MS, shellName } from './shell.ts';

export interface ShellParts {
  version: string;
  /** Paths of all files of that version. */
  files: readonly string[];
  caches: Pick<CacheStorage, 'open' | 'delete' | 'keys' | 'match'>;
  fetch: typeof fetch;
  pause(ms: number): Promise<unknown>;
}

export class ShellWorker {
  readonly #parts: ShellParts;
  readonly #name: string;

  constructor(parts: ShellParts) {
    this.#parts = parts;
    this.#name = shellName(parts.version);
  }

  /** @throws when the page is of another version already: the browser tries again with the next one. */
  async install(): Promise<void> {
    const { caches, fetch, files } = this.#parts;
    try {
      const cache = await caches.open(this.#name);
      const answer = await fetch(PAGE, { cache: 'no-store' });
      const isWhole = answer.ok && isWholeShell(await answer.clone().text(), files);
      if (!isWhole) throw new Error('The page and its code are of two versions.');
      await cache.addAll([...files]);
      await cache.put(PAGE, answer);
    } catch (error) {
      await caches.delete(this.#name);
      throw error;
    }
  }

  /** Pages of the version before may still be open and ask for their code; older ones go. */
  async activate(): Promise<void> {
    const { caches } = this.#parts;
    const expired = expiredShells(await caches.keys(), this.#name);
    await Promise.all(expired.map((name) => caches.delete(name)));
  }

  /** The network's, unless it is away, broken, or takes so long that a reader would give up. */
  async page(request: Request): Promise<Response> {
    const { fetch, pause } = this.#parts;
    const fresh = fetch(request);
    // It may fail after the kept page was shown.
    fresh.catch(() => {});
    try {
      const answer = await Promise.race([fresh, pause(PAGE_WITHIN_MS).then(() => null)]);
      if (answer && answer.status < 500) return answer;
      return (await this.#kept()) ?? (await fresh);
    } catch (error) {
      const kept = await this.#kept();
      if (kept) return kept;
      throw error;
    }
  }

  /** Its name is its content's, so whatever version has it. */
  async file(request: Request): Promise<Response> {
    const { caches, fetch } = this.#parts;
    return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
  }

  #kept(): Promise<Response | undefined> {
    return this.#parts.caches.match(PAGE, { cacheName: this.#name, ignoreVary: true });
  }
}
