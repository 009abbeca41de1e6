/** The network lab of a session. These routes pass whatever it does. */
import { type Lab, LabAnswer, LabRequest, Lab as LabSchema } from '@sandpit/schemas/lab.ts';
import { isExpected } from '../../platform/errors.ts';
import { gatewayLabs } from '../lab/labs.ts';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import { API, byId, caller, forward } from './shared.ts';

const tag = 'sessions';
const path = `${API}/sessions/:id/lab`;

const example: Lab = {
  id: '3f0c1a',
  sessionId: 'ses_01J8ZK',
  state: 'ended',
  seed: 7,
  faults: [
    { type: 'latency', delayMs: 150, jitterMs: 100 },
    { type: 'disconnect', fromSeconds: 10, seconds: 8 },
  ],
  startedAt: '2026-01-05T14:40:00.000Z',
  endsAt: '2026-01-05T14:41:00.000Z',
  endedAt: '2026-01-05T14:41:00.000Z',
  endedBy: 'timer',
  score: {
    requests: 31,
    requestsLost: 4,
    answersLost: 1,
    refused: 0,
    repeatsSent: 2,
    duplicatesSent: 0,
    cancelsMissed: 1,
    outages: 1,
    blindMs: 9_120,
    isBlind: false,
    resyncMs: 1_120,
    fillsMissed: 2,
    exposureWorst: '18004.00',
    exposureSeconds: '164196.48',
  },
};
const answer = { description: 'The lab.', schema: LabSchema, example };
const { seed, faults } = example;

export const labRoutes: Route[] = [
  {
    method: 'PUT',
    path,
    operationId: 'startLab',
    tag,
    summary: 'Put faults on this session’s connection, for a while',
    description:
      'Every request that names the session or one of its simulators, and every stream of theirs, goes ' +
      'through the faults; nobody else does. It ends by itself after `seconds`, wherever it runs, also ' +
      'over a restart; a lab that runs is replaced. `disconnect`, `halfOpen`, `loss`, `latency` and ' +
      '`throttle` act on the connection; `submitsDown`, `cancelsDown`, `staleBook` and `rejects` on ' +
      'what the venue seems to do. Faults may overlap: latencies add up, the worst of the rest counts. ' +
      'The stream tells its beginning and its end as `lab`. Kill switches and the routes of the lab ' +
      'itself are not refused, and these pass even through a connection that is cut.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: LabRequest,
    bodyExample: { seconds: 60, seed, faults },
    answers: { 200: { ...answer, description: 'It runs.' } },
    problems: ['sessionExpired', 'unavailable'],
    run: forward('sessions.startLab'),
  },
  {
    method: 'GET',
    path,
    operationId: 'getLab',
    tag,
    summary: 'The newest network lab and its score',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'It, or null.', schema: LabAnswer, example: { lab: example } } },
    run: forward('sessions.lab'),
  },
  {
    method: 'DELETE',
    path,
    operationId: 'endLab',
    tag,
    summary: 'End the network lab',
    description: 'Answers with the newest, also when it had ended already.',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byId,
    answers: { 200: answer },
    run: end,
  },
];

/** Also while it cannot be written down. */
async function end(call: Call<never>): Promise<Answer> {
  try {
    return json(200, await ask(call, 'sessions.endLab', call.path));
  } catch (error) {
    if (isExpected(error)) throw error;
    const lab = gatewayLabs(call.broker).abandon(call.path.id ?? '', caller(call).accountId);
    if (!lab) throw error;
    return json(200, lab);
  }
}

/** What must get through, or a lab could hinder its own end. */
export const BEYOND_LABS: ReadonlySet<string> = new Set([
  ...labRoutes.map(({ operationId }) => operationId),
  'closeSession',
]);
