/** For integration tests: a broker as in production, on the test's servers. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBroker } from 'moleculer';
import { brokerOptions } from '../../../moleculer.config.ts';
import { loadConfig } from '../config.ts';
import { stores } from '../stores.ts';

export interface TestServersUrls {
  natsUrl: string;
  databaseUrl: string;
  redisUrl: string;
}

const folder = mkdtempSync(join(tmpdir(), 'sandpit-broker-'));

/** @param env  Overrides; brokers that should meet need the same `SANDPIT_NAMESPACE`. */
export function testBroker(servers: TestServersUrls, env: Record<string, string> = {}) {
  const config = loadConfig({
    SANDPIT_ROLE: 'doors',
    SANDPIT_NAMESPACE: `test-${randomBytes(4).toString('hex')}`,
    NATS_URL: servers.natsUrl,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    IDENTITY_SECRET_FILE: join(folder, 'identity'),
    LOG_LEVEL: 'fatal',
    ...env,
  });
  return new ServiceBroker(brokerOptions(config, stores));
}
