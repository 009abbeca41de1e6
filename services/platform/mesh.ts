/** Questions to every process that can answer them, with an end to the wait. */
import type { ServiceBroker } from 'moleculer';

const TIMEOUT_MS = 1_000;

export interface Answers<T> {
  answers: T[];
  /** Nodes that did not answer in time, or could not. */
  silent: string[];
}

/** Nodes other than this one that serve the action now. */
export function otherNodes(broker: ServiceBroker, action: string): string[] {
  const found = broker.registry.getActionEndpoints(action) as unknown as
    | { endpoints: { id: string; isAvailable: boolean }[] }
    | undefined;
  return (found?.endpoints ?? [])
    .filter(({ id, isAvailable }) => isAvailable && id !== broker.nodeID)
    .map(({ id }) => id);
}

/** Never throws: who is silent is named. */
export async function askOthers<T>(
  broker: ServiceBroker,
  action: string,
  params: object,
  timeoutMs = TIMEOUT_MS,
): Promise<Answers<T>> {
  const result: Answers<T> = { answers: [], silent: [] };
  await Promise.all(
    otherNodes(broker, action).map((nodeID) =>
      broker
        .call<T, object>(action, params, { nodeID, timeout: timeoutMs, retries: 0 })
        .then((answer) => void result.answers.push(answer))
        .catch(() => void result.silent.push(nodeID)),
    ),
  );
  return result;
}
