import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { findPorts, portPlan } from './port-plan.ts';

const BASE = 23_450 + (process.pid % 100) * 30;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});

const hold = (port: number) =>
  new Promise<void>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', resolve);
    servers.push(server);
  });

test('ten different ports from one base', () => {
  const { base, workerMetrics, ...single } = portPlan(3_000);
  const ports = [...Object.values(single), ...workerMetrics];
  expect(new Set(ports).size).toBe(ports.length);
  expect(Math.min(...ports)).toBe(base);
  expect(Math.max(...ports)).toBeLessThan(base + 10);
});

test('a taken port moves the plan by ten, and says who holds it', async () => {
  await hold(BASE + 3);
  const said: string[] = [];
  const plan = await findPorts(BASE, false, (line) => said.push(line));
  expect(plan.base).toBe(BASE + 10);
  expect(said).toEqual([expect.stringContaining(`Port ${BASE + 3} is held by`)]);
});

test('a base that was asked for does not move', async () => {
  await hold(BASE);
  await expect(findPorts(BASE, true, () => {})).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining(`Port ${BASE} is held by`),
    remedy: expect.stringContaining('--port-base'),
  });
});
