/** Commands to a simulator as its owner could send them, recorded as anybody's. */
import type { ServiceBroker } from 'moleculer';
import { newId } from '../platform/ids.ts';
import { accountOf } from './workers.ts';

const TIMEOUT_MS = 6_000;

/** The console itself may command nobody's simulator: it asks for a token of the account. */
export async function asOwner<Result>(
  broker: ServiceBroker,
  id: string,
  action: string,
  params: object = {},
): Promise<Result> {
  const accountId = await accountOf(broker, id);
  const { token } = await broker.call<{ token: string }, object>('identity.operatorToken', {
    accountId,
  });
  const meta = { token, correlationId: `operator-${newId()}` };
  const options = { meta, timeout: TIMEOUT_MS, retries: 0 };
  return broker.call<Result, object>(action, { id, ...params }, options);
}
