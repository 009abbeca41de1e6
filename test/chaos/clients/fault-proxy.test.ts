import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FAIR, FaultProxy } from './fault-proxy.ts';

let proxy: FaultProxy;
let client: Socket;
let heard: string;
let ended: string;
const servers: { close(): void }[] = [];
const accepted: Socket[] = [];

beforeEach(async () => {
  const echo = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  servers.push(echo.listen(0, '127.0.0.1'));
  await once(echo, 'listening');
  proxy = await FaultProxy.open((echo.address() as { port: number }).port, () => 0.5);
  client = connect(proxy.port, '127.0.0.1');
  heard = '';
  ended = '';
  client.on('data', (chunk) => (heard += chunk));
  client.on('end', () => (ended ||= 'end'));
  client.on('error', ({ code }: NodeJS.ErrnoException) => (ended ||= `${code}`));
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  for (const socket of accepted.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await proxy.close();
});

const says = (text: string) => expect.poll(() => heard).toBe(text);

test('passes everything on while the weather is fair', async () => {
  client.write('hello');
  await says('hello');
  expect(proxy.connections).toBe(1);
});

test('loses what goes one way, and nothing that goes the other', async () => {
  proxy.weather = { ...FAIR, blackhole: 'toServer' };
  client.write('lost');
  await sleep(50);
  accepted[0]!.write('pushed');
  await says('pushed');
  proxy.weather = { ...FAIR, blackhole: 'toClient' };
  client.write('answered to nobody');
  await sleep(50);
  expect(heard).toBe('pushed');
});

test('is late by the time it is told, keeps the order, and lets many be under way at once', async () => {
  proxy.weather = { ...FAIR, delayMs: 100 };
  const sentMs = performance.now();
  for (const text of ['1', '2', '3', '4', '5']) {
    client.write(text);
    await sleep(10);
  }
  await says('12345');
  const tookMs = performance.now() - sentMs;
  // Both ways, once: not for each of the five in turn.
  expect(tookMs).toBeGreaterThan(190);
  expect(tookMs).toBeLessThan(600);
});

test('is late one way only, and what is late still comes', async () => {
  proxy.weather = { ...FAIR, delayMs: 200, delayed: 'toServer' };
  client.write('late');
  await expect.poll(() => accepted.length).toBe(1);
  accepted[0]!.write('pushed ');
  await says('pushed ');
  proxy.weather = { ...FAIR };
  client.write(' and after');
  await says('pushed late and after');
});

test('is as narrow as it is told', async () => {
  proxy.weather = { ...FAIR, bytesPerSecond: 10_000 };
  const sentMs = performance.now();
  client.write('x'.repeat(2_000));
  await expect.poll(() => heard.length).toBe(2_000);
  expect(performance.now() - sentMs).toBeGreaterThan(150);
});

test.each(['reset', 'end'] as const)('cuts with a %s, and lets the next one pass', async (how) => {
  client.write('before');
  await says('before');
  expect(proxy.cut(how)).toBe(1);
  await expect.poll(() => ended).toBe(how === 'reset' ? 'ECONNRESET' : 'end');
  const next = connect(proxy.port, '127.0.0.1');
  next.write('after');
  const [chunk] = await once(next, 'data');
  expect(`${chunk}`).toBe('after');
  next.destroy();
});

test('holds everything, and lets all of it arrive afterwards', async () => {
  const passed: string[] = [];
  proxy.listenIn = () => (way, bytes) => passed.push(`${way} ${bytes}`);
  client.destroy();
  client = connect(proxy.port, '127.0.0.1');
  heard = '';
  client.on('data', (chunk) => (heard += chunk));
  await once(client, 'connect');
  proxy.weather = { ...FAIR, held: 'toServer' };
  client.write('first ');
  await expect.poll(() => proxy.isCarrying('first')).toBe(true);
  client.write('second');
  await sleep(50);
  expect(heard).toBe('');
  expect(passed).toEqual([]);
  proxy.weather = { ...FAIR, held: 'both' };
  await sleep(20);
  proxy.weather = { ...FAIR };
  await says('first second');
  expect(proxy.isCarrying('first')).toBe(false);
  expect(passed[0]).toBe('toServer first ');
});

test('what was held for a connection that is gone waits for nobody', async () => {
  proxy.weather = { ...FAIR, held: 'both' };
  client.write('lost');
  await expect.poll(() => proxy.isCarrying('lost')).toBe(true);
  expect(proxy.cut('reset')).toBe(1);
  await expect.poll(() => proxy.connections).toBe(0);
});
