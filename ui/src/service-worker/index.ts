/** Opens the desk without a network: see `shell-worker.ts`. This only ties it to the browser's events. */

import { howToAnswer } from '#lib/client/shell.ts';
import { ShellWorker } from '#lib/client/shell-worker.ts';
import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';

/** The part of their events that is needed; the page's types do not have them. */
interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Asking extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const { origin } = self.location;
const files = [...immutable, ...assets].map(({ path }) => new URL(path, `${origin}/`).pathname);
const worker = new ShellWorker({
  version,
  files,
  caches,
  fetch: (input, init) => fetch(input, init),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

self.addEventListener('install', (event: Lasting) => {
  // Nothing of the old version is taken from under a page that is open: `activate` leaves it.
  event.waitUntil(worker.install().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event: Lasting) => {
  event.waitUntil(worker.activate().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event: Asking) => {
  const { method, mode, url } = event.request;
  const how = howToAnswer({ method, mode, url }, origin, files);
  if (how === 'page') event.respondWith(worker.page(event.request));
  else if (how === 'file') event.respondWith(worker.file(event.request));
});
