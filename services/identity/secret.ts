/** The secret that seals the signing keys: a file outside the database. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../platform/config.ts';

const DEVELOPMENT_FILE = '.sandpit/secrets/identity';
const BYTES_MIN = 32;

/** @throws Error when the file is missing (in production) or too short. */
export function identitySecret(config: Pick<Config, 'identitySecretFile' | 'environment'>): Buffer {
  const path = config.identitySecretFile ?? DEVELOPMENT_FILE;
  if (config.environment === 'development') createOnce(path);
  let secret: Buffer;
  try {
    secret = readFileSync(path);
  } catch (cause) {
    throw new Error(`IDENTITY_SECRET_FILE names "${path}", which cannot be read.`, { cause });
  }
  if (secret.length < BYTES_MIN) {
    throw new Error(
      `The file "${path}" is too short. It takes at least ${BYTES_MIN} random bytes.`,
    );
  }
  return secret;
}

function createOnce(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, randomBytes(BYTES_MIN).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
