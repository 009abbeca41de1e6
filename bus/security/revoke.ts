/**
 * Revokes credentials at once: the account's token is written again with the revocation in it and
 * the running server reads it, which also ends the connections that use them.
 */
import { readFileSync } from 'node:fs';
import { createNatsHome, type NatsHome, type NatsHomeOptions, noteRevoked } from './nats-home.ts';

/**
 * Everything issued to these users up to now stops working. Needs the home on this machine: the key
 * that signs accounts never leaves it.
 *
 * @param publicKeys  "U…" of `issueTraderCredential`.
 * @throws Error when the server does not run here; the revocation is then in force at its next start.
 */
export async function revokeUsers(
  dir: string,
  options: NatsHomeOptions,
  publicKeys: readonly string[],
): Promise<NatsHome> {
  noteRevoked(dir, publicKeys, new Date());
  const home = await createNatsHome(dir, options);
  const pid = Number(readFileSync(home.pidFile, 'utf8').trim());
  process.kill(pid, 'SIGHUP');
  return home;
}
