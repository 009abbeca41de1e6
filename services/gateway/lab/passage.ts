/** Runs a route: at once, or through the lab that is at work on its session. */
import type { ServiceBroker } from 'moleculer';
import { type VenueInfo, venueDirectory } from '../../platform/venues.ts';
import type { Answer, Call, Route } from '../route.ts';
import { BEYOND_LABS } from '../routes/lab.ts';
import { API } from '../routes/shared.ts';
import { arrives, cross } from './crossing.ts';
import { ofConnection } from './fate.ts';
import { gatewayLabs } from './labs.ts';
import type { Room } from './room.ts';

const OF_SESSION = `${API}/sessions/:id`;
const OF_SIMULATOR = `${API}/simulators/:id`;

/**
 * @param isGone  Whether the client has given up.
 * @returns  Null: no answer will come, break the connection.
 */
export async function runRoute(
  route: Route,
  call: Call<never>,
  isGone: () => boolean,
): Promise<Answer | null> {
  const run = () => route.run(call);
  const room = await roomOf(route, call);
  return room ? cross(room, route, call, run, isGone) : run();
}

/**
 * Whether a connection that is being opened to a simulator comes about; it may take its time.
 *
 * @param isGone  Whether the client has given up.
 */
export async function letIn(
  broker: ServiceBroker,
  { sessionId, accountId }: VenueInfo,
  isGone: () => boolean,
): Promise<boolean> {
  const room = gatewayLabs(broker).roomOf(sessionId, accountId);
  if (room === null || (await arrives(room, ofConnection(room.next()), isGone))) return true;
  room.count('requestsLost');
  return false;
}

async function roomOf(
  route: Route,
  { broker, principal, path }: Call<never>,
): Promise<Room | null> {
  const labs = gatewayLabs(broker);
  if (labs.isIdle || !principal || BEYOND_LABS.has(route.operationId)) return null;
  const { accountId } = principal;
  if (isBelow(route.path, OF_SESSION)) return labs.roomOf(path.id ?? '', accountId);
  if (!isBelow(route.path, OF_SIMULATOR)) return null;
  try {
    const venue = await venueDirectory(broker).owned(path.id ?? '', accountId);
    return labs.roomOf(venue.sessionId, accountId);
  } catch {
    // The route itself says what is wrong with it.
    return null;
  }
}

const isBelow = (path: string, base: string) => path === base || path.startsWith(`${base}/`);
