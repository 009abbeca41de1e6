/** Is it the network that is lost, or only the event stream? */
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';

const REACH_WITHIN_MS = 3_000;

/**
 * Whether the gateway itself answers, rather than a page of somebody in between. It is asked about the
 * simulator, so that whatever holds up this session's requests is not taken for what holds up streams.
 */
export async function canReach(api: Pick<Api, 'get'>, simulatorId: string): Promise<boolean> {
  try {
    await api.get(`/simulators/${simulatorId}`, { timeoutMs: REACH_WITHIN_MS });
    return true;
  } catch (error) {
    return error instanceof ApiError && error.status > 0 && error.code !== 'badAnswer';
  }
}
