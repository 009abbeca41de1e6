/** A simulator's past as one file: written as it is read from the log, never whole in memory. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Bus } from '@sandpit/bus/bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import Type from 'typebox';
import {
  type CapsuleStand,
  capsuleLines,
  NotReplayableError,
} from '../../platform/capsule/write.ts';
import { problem } from '../../platform/errors.ts';
import { askWorker } from '../../platform/owners.ts';
import { scenarioOf, type VenueInfo } from '../../platform/venues.ts';
import type { Answer, Call, Route } from '../route.ts';
import { API, byId, ownedVenue, responseOf } from './shared.ts';

/** A simulator that nobody runs is loaded first. */
const STAND_TIMEOUT_MS = 5_000;

export const capsuleRoute: Route = {
  method: 'GET',
  path: `${API}/simulators/:id/capsule`,
  operationId: 'exportCapsule',
  tag: 'simulators',
  summary: 'Its scenario, seed and commands as one file',
  description:
    'JSON lines: a header with the scenario, a step for each record (`CapsuleStep`), an end with the ' +
    'hash of the tape. `npm run replay -- <file>` runs it again, bit for bit, on any machine with the ' +
    'same engine version. Nothing in it names the account. Also of a stopped simulator.',
  auth: 'trader',
  limit: 'write',
  pathSchema: byId,
  answers: {
    200: {
      description: 'The file.',
      schema: Type.String(),
      contentType: 'application/x-ndjson',
      example: '{"format":"sandpit-capsule","version":1,"engineVersion":"venue-9"}\n',
    },
  },
  problems: ['simulatorHalted', 'notReplayable'],
  run: write,
};

type Stand = CapsuleStand & { sequence: number };

async function write(call: Call<never>): Promise<Answer> {
  const { broker } = call;
  const res = responseOf(call);
  const venue = await ownedVenue(call);
  const { simulatorId, accountId, scenarioHash } = venue;
  const options = { timeoutMs: STAND_TIMEOUT_MS };
  const stand = await askWorker<Stand | null>(
    broker,
    simulatorId,
    'simulator.stand',
    { accountId },
    options,
  );
  if (!stand) throw problem('notFound');
  const scenario = await scenarioOf(await broker.bus.bucket('SCENARIOS'), scenarioHash);
  if (!scenario) throw problem('unavailable');
  const records = recordsOf(broker.bus, venue, stand.sequence);
  const lines = capsuleLines(simulatorId, scenario, scenarioHash, stand, records);
  try {
    for await (const line of lines) {
      if (!res.headersSent) {
        res.writeHead(200, {
          'Content-Type': 'application/x-ndjson',
          'Content-Disposition': `attachment; filename="sandpit-${simulatorId}.capsule"`,
          'Cache-Control': 'no-store',
        });
      }
      if (!res.write(line)) await drained(res);
      if (res.destroyed) break;
    }
  } catch (error) {
    throw error instanceof NotReplayableError ? problem('notReplayable', { cause: error }) : error;
  }
  res.end();
  return { status: 200 };
}

/** Resolves when there is room again or nobody reads any more; leaves no listener behind. */
async function drained(res: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })]);
  } finally {
    over.abort();
  }
}

async function* recordsOf(bus: Bus, venue: VenueInfo, until: number): AsyncGenerator<EventRecord> {
  const read = { filter: subjects.event(venue), from: 1 };
  for await (const { sequence, body } of bus.read('EVENTS', read)) {
    if (sequence > until) return;
    yield body as EventRecord;
  }
}
