/** Secrets of this installation: made once, kept in files only their owner can read. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const DEMO_EMAIL = 'demo@sandpit.local';

export interface Secrets {
  postgresPassword: string;
  redisPassword: string;
  demoPassword: string;
  /** File with random bytes that seals the signing keys of access tokens. */
  identityFile: string;
  /** File with the demo log-in, for people. */
  demoFile: string;
}

export function loadSecrets(folder: string): Secrets {
  const secret = (name: string, bytes = 24) => {
    const file = join(folder, name);
    if (!existsSync(file)) {
      writeFileSync(file, randomBytes(bytes).toString('base64url'), { mode: 0o600, flag: 'wx' });
    }
    chmodSync(file, 0o600);
    return readFileSync(file, 'utf8');
  };
  secret('identity', 48);
  const demoPassword = secret('demo-password', 12);
  const demoFile = join(folder, 'demo-log-in.txt');
  writeFileSync(demoFile, `e-mail:   ${DEMO_EMAIL}\npassword: ${demoPassword}\n`, { mode: 0o600 });
  return {
    postgresPassword: secret('postgres-password'),
    redisPassword: secret('redis-password'),
    demoPassword,
    identityFile: join(folder, 'identity'),
    demoFile,
  };
}
