/** Texts on this device, in the browser's cache storage: as large as they are, and without waiting for it. */
import type { DeviceStore } from './last-known.ts';

const CACHE = 'sandpit-last-known';
const addressOf = (name: string) => `/last-known/${encodeURIComponent(name)}`;

/** Where there is none (an insecure address) nothing is kept. */
export const deviceStore: DeviceStore = {
  async get(name) {
    const kept = await globalThis.caches?.match(addressOf(name), { cacheName: CACHE });
    return kept ? kept.text() : null;
  },
  async set(name, text) {
    const cache = await globalThis.caches?.open(CACHE);
    await cache?.put(addressOf(name), new Response(text));
  },
  async delete(name) {
    const cache = await globalThis.caches?.open(CACHE);
    await cache?.delete(addressOf(name));
  },
  async names() {
    const cache = await globalThis.caches?.open(CACHE);
    const requests = (await cache?.keys()) ?? [];
    return requests.map(({ url }) => decodeURIComponent(url.split('/').at(-1) ?? ''));
  },
};
