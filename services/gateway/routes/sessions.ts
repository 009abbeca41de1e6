import {
  HeartbeatAnswer,
  HeartbeatRequest,
  Session,
  SessionRequest,
} from '@sandpit/schemas/http.ts';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import { API, byId, forward } from './shared.ts';

const tag = 'sessions';
const example: Session = {
  id: 'ses_01J8ZK',
  state: 'active',
  createdAt: '2026-01-05T14:30:00.000Z',
  expiresAt: '2026-01-05T15:00:00.000Z',
  gate: { state: 'healthy', reasons: [] },
};
const answer = { description: 'The session.', schema: Session, example };

export const sessionRoutes: Route[] = [
  {
    method: 'POST',
    path: `${API}/sessions`,
    operationId: 'openSession',
    tag,
    summary: 'Open a session, or resume one',
    auth: 'trader',
    limit: 'write',
    body: SessionRequest,
    bodyExample: { resume: 'ses_01J8ZK' },
    answers: {
      201: { ...answer, description: 'A new session.' },
      200: { ...answer, description: 'The session named in `resume`, which still lived.' },
    },
    problems: ['quotaExceeded'],
    run: open,
  },
  {
    method: 'GET',
    path: `${API}/sessions/:id`,
    operationId: 'getSession',
    tag,
    summary: 'One session and its order gate',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: answer },
    run: forward('sessions.get'),
  },
  {
    method: 'DELETE',
    path: `${API}/sessions/:id`,
    operationId: 'closeSession',
    tag,
    summary: 'Close a session',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    answers: { 200: answer },
    run: forward('sessions.close'),
  },
  {
    method: 'POST',
    path: `${API}/sessions/:id/heartbeat`,
    operationId: 'heartbeat',
    tag,
    summary: 'Report the quality of the connection, learn the state of the order gate',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: HeartbeatRequest,
    bodyExample: { sequence: 12, roundTripMs: 18, lastEventSequence: 4711, feedAgeMs: 90 },
    answers: { 200: { description: 'Heard.', schema: HeartbeatAnswer } },
    problems: ['sessionExpired'],
    run: forward('sessions.heartbeat'),
  },
];

async function open(call: Call<never>): Promise<Answer> {
  const { session, resumed } = await ask<{ session: Session; resumed: boolean }>(
    call,
    'sessions.create',
    call.body,
  );
  return json(resumed ? 200 : 201, session);
}
