import { beforeEach, describe, expect, test } from 'vitest';
import { ShellWorker } from './shell-worker.ts';

const ORIGIN = 'https://desk.example';
const pathOf = (input: RequestInfo | URL) =>
  new URL(input instanceof Request ? input.url : String(input), ORIGIN).pathname;

/** What the gateway serves: path -> text; a number is a status; `away` without a network. */
let site: Record<string, string | number>;
let isAway: boolean;
let slowMs: number;
let stored: Map<string, Map<string, string>>;

beforeEach(() => {
  stored = new Map();
  isAway = false;
  slowMs = 0;
  deploy(1);
});

const codeOf = (version: number) => `/_app/immutable/start.${version}.js`;
const filesOf = (version: number) => [codeOf(version), '/favicon.svg'];
function deploy(version: number): void {
  site = {
    '/200.html': `v${version} <script>import("${codeOf(version)}")</script>`,
    [codeOf(version)]: `code ${version}`,
    '/favicon.svg': 'icon',
  };
}

const network = async (input: RequestInfo | URL): Promise<Response> => {
  if (isAway) throw new TypeError('Failed to fetch');
  if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
  const path = pathOf(input);
  const found = site[path] ?? (/\.\w+$/.test(path) ? 404 : site['/200.html']);
  return typeof found === 'number'
    ? new Response('', { status: found })
    : new Response(String(found));
};

/** The part of the browser's cache storage that is used, in the order of its making. */
const caches = {
  async open(name: string) {
    const cache = stored.get(name) ?? new Map<string, string>();
    stored.set(name, cache);
    return {
      async addAll(paths: string[]) {
        const answers = await Promise.all(paths.map((path) => network(path)));
        if (answers.some(({ ok }) => !ok)) throw new TypeError('addAll');
        for (const [i, answer] of answers.entries()) cache.set(paths[i]!, await answer.text());
      },
      async put(path: string, answer: Response) {
        cache.set(path, await answer.text());
      },
    };
  },
  delete: async (name: string) => stored.delete(name),
  keys: async () => [...stored.keys()],
  async match(input: RequestInfo | URL, { cacheName }: { cacheName?: string } = {}) {
    const names = cacheName ? [cacheName] : [...stored.keys()];
    const text = names.map((name) => stored.get(name)?.get(pathOf(input))).find(Boolean);
    return text === undefined ? undefined : new Response(text);
  },
} as unknown as CacheStorage;

const worker = (version: number) =>
  new ShellWorker({
    version: `${version}`,
    files: filesOf(version),
    caches,
    fetch: network as typeof fetch,
    pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
const ask = (path: string) => new Request(new URL(path, ORIGIN));
const textOf = async (answer: Promise<Response>) => (await answer).text();
const started = async (version: number) => {
  deploy(version);
  const made = worker(version);
  await made.install();
  await made.activate();
  return made;
};

describe('the page', () => {
  test('is the network’s while there is one, whatever is kept', async () => {
    const old = await started(1);
    deploy(2);
    expect(await textOf(old.page(ask('/desk/a')))).toContain('v2');
  });

  test.each([
    ['away', () => (isAway = true)],
    ['broken', () => (site['/200.html'] = 502)],
    ['slow', () => (slowMs = 60)],
  ])('is the kept one where the network is %s', async (_, happen) => {
    const made = await started(1);
    happen();
    const answer = await made.page(ask('/desk/a'));
    expect({ status: answer.status, text: await answer.text() }).toMatchObject({
      status: 200,
      text: expect.stringContaining('v1'),
    });
    isAway = true;
    expect(await textOf(made.file(ask(codeOf(1))))).toBe('code 1');
  });

  test('that is refused is refused: that is an answer', async () => {
    const made = await started(1);
    site['/200.html'] = 403;
    expect((await made.page(ask('/desk/a'))).status).toBe(403);
  });

  test('without anything kept is what the network makes of it', async () => {
    const made = worker(1);
    slowMs = 30;
    expect(await textOf(made.page(ask('/')))).toContain('v1');
    slowMs = 0;
    site['/200.html'] = 503;
    expect((await made.page(ask('/'))).status).toBe(503);
    isAway = true;
    await expect(made.page(ask('/'))).rejects.toThrow('Failed to fetch');
  });
});

describe('another version', () => {
  test('takes over, and pages of the one before still find their code without a network', async () => {
    await started(1);
    const second = await started(2);
    isAway = true;
    expect(await textOf(second.page(ask('/desk/a')))).toContain('v2');
    expect(await textOf(second.file(ask(codeOf(1))))).toBe('code 1');
    isAway = false;
    const third = await started(3);
    isAway = true;
    expect(await textOf(third.file(ask(codeOf(2))))).toBe('code 2');
    await expect(third.file(ask(codeOf(1)))).rejects.toThrow();
    expect(stored.size).toBe(2);
  });

  test.each([
    ['its page is of a newer one already', () => deploy(3)],
    ['a file of it is gone', () => (site['/favicon.svg'] = 404)],
    ['the network goes', () => (isAway = true)],
    ['somebody in between answers', () => (site['/200.html'] = '<h1>Log in to the wifi</h1>')],
  ])('is kept whole or not at all: %s', async (_, happen) => {
    const first = await started(1);
    deploy(2);
    happen();
    await expect(worker(2).install()).rejects.toThrow();
    expect([...stored.keys()]).toEqual(['sandpit-shell-1']);
    isAway = true;
    expect(await textOf(first.page(ask('/desk/a')))).toContain('v1');
  });
});
