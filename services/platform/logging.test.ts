import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { pinoOptions } from './logging.ts';

const config = { role: 'doors', nodeId: 'doors-1', log: { level: 'info', file: null } } as Config;

function logged(write: (logger: Record<'info' | 'fatal', (...args: unknown[]) => void>) => void) {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  write(pino(pinoOptions(config), sink) as never);
  return lines.map((line) => JSON.parse(line));
}

test('fields and a constant message', () => {
  const [line] = logged((logger) => logger.info({ orderId: 'o1', decideMs: 2 }, 'decided'));
  expect(line).toMatchObject({ level: 'info', role: 'doors', orderId: 'o1', message: 'decided' });
  expect(line.time).toMatch(/^\d{4}-.*Z$/);
});

test('secrets are never written, nor one or two levels down', () => {
  const token = 'eyJhbGciOi';
  const [line] = logged((logger) =>
    logger.info(
      {
        token,
        password: token,
        a: { token },
        b: { headers: { Authorization: token, cookie: token } },
      },
      'called',
    ),
  );
  expect(JSON.stringify(line)).not.toContain(token);
  expect(line.a.token).toBe('[redacted]');
});

test('Moleculer’s order of arguments loses nothing', () => {
  const cause = new Error('no route to host');
  const lines = logged((logger) => {
    logger.fatal('Unable to start.', new Error('NATS is away', { cause }));
    logger.info('Retry', { attempts: 2 });
    logger.info('plain');
  });
  expect(lines[0]).toMatchObject({ level: 'fatal', message: 'Unable to start.' });
  expect(lines[0].err.message).toContain('NATS is away');
  expect(JSON.stringify(lines[0])).toContain('no route to host');
  expect(lines[1]).toMatchObject({ message: 'Retry', attempts: 2 });
  expect(lines[2].message).toBe('plain');
});
