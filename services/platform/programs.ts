/** Programs on NATS keep no stream open: what they say is the sign that they are there. */
import type { ServiceBroker } from 'moleculer';
import { Lru } from './lru.ts';
import { askWorker } from './owners.ts';
import { presenceOf } from './presence.ts';
import type { VenueInfo } from './venues.ts';

/** As often as an open stream says it. */
const AWAKE_EVERY_MS = 60_000;
const SIMULATORS_MAX = 10_000;

const woken = new WeakMap<ServiceBroker, Lru<string, number>>();

/** For its session the program is there, and its simulator stays awake, or wakes. */
export function programHeard(broker: ServiceBroker, venue: VenueInfo): void {
  const { sessionId, simulatorId, accountId, stopped } = venue;
  if (stopped) return;
  presenceOf(broker).sign({ sessionId, accountId });
  const nowMs = performance.now();
  const known = woken.get(broker) ?? new Lru<string, number>(SIMULATORS_MAX);
  woken.set(broker, known);
  if (nowMs - (known.get(simulatorId) ?? -Infinity) < AWAKE_EVERY_MS) return;
  known.set(simulatorId, nowMs);
  // Said again in a minute, should it be lost.
  askWorker(broker, simulatorId, 'simulator.wake', { accountId }).catch(() => undefined);
}
