import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readiness, waitUntilWell } from './readiness.ts';

type Checks = Record<string, { ok: boolean; detail: string }>;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A house that answers as told. @returns its port. */
async function houseWith(answer: () => { status: number; checks: Checks }): Promise<number> {
  const server = createServer((_request, response) => {
    const { status, checks } = answer();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ready: status === 200, checks }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const worker = (ok: boolean) => ({ workers: { ok, detail: ok ? 'worker-1' : 'not heard of yet' } });

test('a house that serves requests without a worker is ready, and not well', async () => {
  const port = await houseWith(() => ({ status: 200, checks: worker(false) }));
  expect(await readiness(port)).toEqual({ ready: true, detail: 'workers: not heard of yet' });
});

test('waiting ends when the last check passes', async () => {
  let asked = 0;
  const port = await houseWith(() => ({ status: 200, checks: worker(++asked > 3) }));
  expect(await waitUntilWell(port, 5_000)).toBe('');
  expect(asked).toBe(4);
});

test('waiting ends in time with what is still missing', async () => {
  const port = await houseWith(() => ({ status: 503, checks: worker(false) }));
  expect(await waitUntilWell(port, 250)).toBe('workers: not heard of yet');
});

test('a port that nobody listens on is told as such', async () => {
  const port = await houseWith(() => ({ status: 200, checks: {} }));
  for (const close of closing.splice(0)) close();
  expect(await readiness(port)).toMatchObject({ ready: false });
});
