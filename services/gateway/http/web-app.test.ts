import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebApp } from './web-app.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'web-app-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const PAGE = '<!doctype html><script>start()</script>';
function build(page = PAGE): void {
  mkdirSync(join(directory, '_app/immutable'), { recursive: true });
  writeFileSync(join(directory, '200.html'), page);
  writeFileSync(join(directory, '_app/immutable/app.abc123.js'), 'app()');
  writeFileSync(join(directory, '.secret'), 'secret');
}

/** Asks the app over HTTP. */
async function get(app: WebApp, path: string, accept = 'text/html') {
  const server = createServer((req, res) =>
    app.serve(req, res, () => res.writeHead(404).end('nothing')),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } });
    return {
      status: answer.status,
      text: await answer.text(),
      cache: answer.headers.get('cache-control'),
    };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('every address that a person could have typed is the page', async () => {
  build();
  const app = new WebApp(directory);
  for (const path of ['/', '/desk/abc', '/log-in?next=/']) {
    expect(await get(app, path)).toEqual({ status: 200, text: PAGE, cache: 'no-cache' });
  }
});

test('hashed files are kept for ever', async () => {
  build();
  const { status, cache } = await get(
    new WebApp(directory),
    '/_app/immutable/app.abc123.js',
    '*/*',
  );
  expect({ status, cache }).toEqual({ status: 200, cache: 'public, max-age=31536000, immutable' });
});

test('the worker that opens the app without a network is never an old one', async () => {
  build();
  writeFileSync(join(directory, 'service-worker.js'), 'worker()');
  const answer = await get(new WebApp(directory), '/service-worker.js', '*/*');
  expect(answer).toEqual({ status: 200, text: 'worker()', cache: 'no-cache' });
});

test.each`
  what                           | path                        | accept
  ${'a file that is gone'}       | ${'/_app/immutable/old.js'} | ${'*/*'}
  ${'a hidden file'}             | ${'/.secret'}               | ${'*/*'}
  ${'an address of the API'}     | ${'/api/v1/nothing'}        | ${'text/html'}
  ${'an image'}                  | ${'/logo.png'}              | ${'text/html'}
  ${'a program asking for data'} | ${'/desk'}                  | ${'application/json'}
  ${'a file outside'}            | ${'/..%2f..%2fetc/passwd'}  | ${'*/*'}
`('$what is not the page', async ({ path, accept }) => {
  build();
  expect((await get(new WebApp(directory), path, accept)).status).toBe(404);
});

test('nothing built: it says so, serves nothing, and notices when it has been', async () => {
  const app = new WebApp(directory);
  expect(app.built).toBe(false);
  expect((await get(app, '/')).status).toBe(404);
  build();
  expect(app.reload()).toBe(true);
  expect(app.built).toBe(true);
  expect((await get(app, '/')).status).toBe(200);
});

test('a page built anew brings its own hashes', () => {
  build();
  const app = new WebApp(directory);
  const [before] = app.scriptHashes;
  expect(app.reload()).toBe(false);
  build('<script>other()</script>');
  utimesSync(join(directory, '200.html'), 1, 1);
  expect(app.reload()).toBe(true);
  expect(app.scriptHashes).toHaveLength(1);
  expect(app.scriptHashes[0]).not.toBe(before);
});
