import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, inject, test } from 'vitest';
import { newId } from './ids.ts';

const servers = inject('servers');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process as it is started in production, and what it has said so far. */
function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      NATS_URL: servers.natsUrl,
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      SANDPIT_NAMESPACE: `main-${newId().slice(0, 8)}`,
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ready = () => expect.poll(() => said.out, { timeout: 30_000 }).toMatch(/^\{"ready":true/m);
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, said, ready, ended };
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
};

test('a wrong environment ends it with 1 and names everything that is wrong', async () => {
  const { said, ended } = start({ SANDPIT_ROLE: 'boss', HTTP_PORT: 'x', NATS_URL: '' });
  expect(await ended).toEqual({ code: 1, signal: null });
  for (const name of ['SANDPIT_ROLE', 'HTTP_PORT', 'NATS_URL']) expect(said.err).toContain(name);
  expect(said.err).not.toMatch(/ {4}at /);
});

test('credentials that cannot be read end it with a sentence', async () => {
  const { said, ended } = start({ SANDPIT_ROLE: 'worker', NATS_MOL_CREDS: '/nowhere/mol.creds' });
  expect((await ended).code).toBe(1);
  expect(said.err).toContain('NATS_MOL_CREDS names "/nowhere/mol.creds", which cannot be read.');
});

test('one line says that it is ready; SIGTERM ends it with 0', async () => {
  const metricsPort = await freePort();
  const worker = start({ SANDPIT_ROLE: 'worker', METRICS_PORT: String(metricsPort) });
  await worker.ready();
  expect(JSON.parse(worker.said.out.split('\n')[0])).toMatchObject({ ready: true, role: 'worker' });
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(await metrics.text()).toContain('sandpit_event_loop_delay');
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toEqual({ code: 0, signal: null });
});

test('the doors open their port, answer, and end with 0', async () => {
  const port = await freePort();
  const doors = start({ SANDPIT_ROLE: 'doors', HTTP_PORT: String(port) });
  await doors.ready();
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  doors.child.kill('SIGINT');
  expect(await doors.ended).toEqual({ code: 0, signal: null });
});
