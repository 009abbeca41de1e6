import { expect, test } from 'vitest';
import { serverConfiguration } from './server-configuration.ts';

const options = {
  port: 4222,
  storeDir: '/data/jetstream',
  accountsDir: '/data/accounts',
  operator: 'token',
  systemAccount: 'SYS',
  accounts: { SYS: 'token' },
};

test('a single server is told nothing that 2.9 does not know', () => {
  const text = serverConfiguration(options);
  expect(text).not.toMatch(/sync_interval|cluster/);
  expect(text).toContain('server_name: "sandpit"');
});

test('one of three knows the others and writes through to the disk', () => {
  const cluster = { name: '2', routePort: 6002, routePorts: [6001, 6002, 6003] };
  const text = serverConfiguration({ ...options, cluster });
  expect(text).toContain('server_name: "sandpit-2"');
  expect(text).toContain('listen: "127.0.0.1:6002"');
  expect(text).toContain('routes: ["nats://127.0.0.1:6001", "nats://127.0.0.1:6003"]');
  expect(text).toMatch(/jetstream \{[^}]*sync_interval: always/);
});
