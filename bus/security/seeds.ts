/** Secret keys of a NATS home, each in its own file for its owner alone; made once. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromSeed, type KeyPair } from '@nats-io/jwt';

/** The key in the file, made by `create` when there is no file yet. */
export function seedAt(path: string, create: () => KeyPair): KeyPair {
  if (existsSync(path))
    return fromSeed(new TextEncoder().encode(readFileSync(path, 'utf8').trim()));
  const pair = create();
  writeSecret(path, `${new TextDecoder().decode(pair.getSeed())}\n`);
  return pair;
}

/** Whole or not at all, and never readable by others, not even for a moment. */
export function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
