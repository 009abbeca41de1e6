/**
 * Revokes credentials at once: the account's token is signed anew with the revocation in it and handed
 * to the running servers, which end the connections that use them and touch no other.
 */
import { readFileSync } from 'node:fs';
import { BusError } from '../bus.ts';
import { connectNats } from '../nats-connection.ts';
import { type NatsHome, signRevocation } from './nats-home.ts';

const ANSWER_MAX_MS = 3_000;

/**
 * Everything issued to these users up to now stops working. Needs the home's files, so it is done
 * where the operator's key is: that key never leaves the home.
 *
 * @param publicKeys  "U…" of `issueTraderCredential`.
 * @throws BusError `unavailable` when the server does not answer; the revocation is noted and in
 *   force from the server's next start.
 */
export async function revokeUsers(
  dir: string,
  { creds, url }: Pick<NatsHome, 'creds' | 'url'>,
  publicKeys: readonly string[],
): Promise<void> {
  const token = await signRevocation(dir, publicKeys, new Date());
  const sys = await connectNats({
    servers: url,
    name: 'revocation',
    creds: readFileSync(creds.sys, 'utf8'),
    patienceMs: ANSWER_MAX_MS,
  });
  try {
    const reply = await sys.request('$SYS.REQ.CLAIMS.UPDATE', new TextEncoder().encode(token), {
      timeout: ANSWER_MAX_MS,
    });
    const { error } = reply.json<{ error?: { description?: string } }>();
    if (error) throw new BusError('refused', `NATS keeps the old account: ${error.description}.`);
  } catch (error) {
    if (error instanceof BusError) throw error;
    throw new BusError('unavailable', 'NATS did not take the revocation; repeat it.', error);
  } finally {
    await sys.close();
  }
}
