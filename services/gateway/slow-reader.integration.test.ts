import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { StreamClient } from './testing/stream-client.ts';

let doors: Doors;
let ada: TestTrader;

beforeAll(async () => {
  doors = await openDoors();
  ada = await doors.trader();
});
afterAll(async () => doors?.stop());

const path = () => `/api/v1/simulators/${ada.simulator.simulatorId}/stream`;

/** A client that asks for the stream and then does not read. */
async function stalledReader(): Promise<{ socket: Socket; closed: () => boolean }> {
  let closed = false;
  const socket = connect(doors.port, '127.0.0.1');
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(`GET ${path()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.pause();
  return { socket, closed: () => closed };
}

const metric = async (name: string) => {
  const { body } = await request(doors.web, 'GET', '//metrics');
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'm').exec(body)?.[1] ?? 0);
};

test('a reader that does not read is conflated, then cut off; the others notice nothing', async () => {
  const watching = await StreamClient.open(`${doors.web}${path()}`, {
    authorization: `Bearer ${ada.token}`,
  });
  await watching.until('snapshot');
  const { socket, closed } = await stalledReader();
  await sleep(200);
  const level = { price: '180.00', quantity: '1'.repeat(2_000), orders: 1 };
  // 200 kB a frame: enough to fill what the kernel buffers for a connection.
  const bids = Array.from({ length: 100 }, () => level);
  for (let i = 1; i <= 200; i++) {
    doors.worker.market(ada.simulator, 'book', { sequence: i, bids, asks: [] });
    if (i % 3 === 0) await sleep(60);
  }
  await sleep(200);
  expect(await metric('sandpit_sse_streams')).toBe(2);
  // Records cannot be conflated: beyond a thousand events the reader must come back and resume.
  const clock = { type: 'clockChanged', clock: { state: 'running' } } as unknown as VenueEvent;
  const events = Array.from({ length: 100 }, () => clock);
  for (let i = 0; i < 15 && !closed(); i++) await doors.worker.append(ada.simulator, events);
  for (let i = 0; i < 50 && (await metric('sandpit_sse_streams')) > 1; i++) await sleep(20);
  expect(await metric('sandpit_sse_streams')).toBe(1);
  expect(await metric('sandpit_sse_too_slow_total')).toBe(1);
  expect(await metric('sandpit_sse_conflated_total')).toBeGreaterThan(50);
  await watching.until('session', 1_100);
  const numbers = watching.numbers();
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  watching.close();
  socket.destroy();
});
