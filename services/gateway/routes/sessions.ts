import {
  DeadManRequest,
  DeadManView,
  DrillAnswer,
  DrillRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  Session,
  SessionList,
  SessionPatch,
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
  resumeCounter: 1,
  cancelOnDisconnect: { mode: 'cancelExceptGtc', graceSeconds: 10, fired: null },
};
const answer = { description: 'The session.', schema: Session, example };

const streams = [
  { simulatorId: 'sim_01J8ZM', transport: 'sse' as const, openedAt: '2026-01-05T14:30:01.207Z' },
];
const drilled: DrillAnswer = {
  streams,
  endedAt: '2026-01-05T14:31:00.000Z',
  comeBackAt: '2026-01-05T14:31:05.000Z',
  cancelsAt: '2026-01-05T14:31:10.000Z',
  detail:
    '1 stream was ended; clients were told to come back after 5 s. Open orders are canceled 10 s ' +
    'after the last sign of life, unless there is one before.',
};

export const sessionRoutes: Route[] = [
  {
    method: 'GET',
    path: `${API}/sessions`,
    operationId: 'listSessions',
    tag,
    summary: 'My sessions, and the streams that are open now',
    description: 'Active ones and those that can be resumed, the one heard last first.',
    auth: 'trader',
    limit: 'read',
    answers: {
      200: {
        description: 'At most 50.',
        schema: SessionList,
        example: {
          items: [
            {
              id: example.id,
              state: 'active',
              createdAt: example.createdAt,
              lastSeenAt: example.createdAt,
              expiresAt: example.expiresAt,
              streams,
            },
          ],
          complete: true,
        },
      },
    },
    run: forward('sessions.list'),
  },
  {
    method: 'POST',
    path: `${API}/sessions`,
    operationId: 'openSession',
    tag,
    summary: 'Open a session, or resume one',
    auth: 'trader',
    description:
      'A resume counts further than every resume before (`resumeCounter`), so that one that was ' +
      'recorded cannot be sent again. At most 30 of these requests a minute.',
    limit: 'session',
    body: SessionRequest,
    bodyExample: {
      resume: 'ses_01J8ZK',
      resumeCounter: 2,
      cancelOnDisconnect: { mode: 'cancelExceptGtc' },
    },
    answers: {
      201: { ...answer, description: 'A new session.' },
      200: { ...answer, description: 'The session named in `resume`, which still lived.' },
    },
    problems: ['quotaExceeded', 'resumeReplayed'],
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
    method: 'PATCH',
    path: `${API}/sessions/:id`,
    operationId: 'changeSession',
    tag,
    summary: 'Say what happens to open orders when the connection is gone',
    description:
      'A session is gone when no stream of it is open and neither a heartbeat nor an order has come ' +
      'for its grace period. Then, once, the open orders of its simulators are canceled ' +
      '(`sessionDisconnected`), and `cancelOnDisconnect.fired` says so when the trader is back. ' +
      'Closing the session does it at once. The time starts anew with this request.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: SessionPatch,
    bodyExample: { cancelOnDisconnect: { mode: 'cancel', graceSeconds: 15 } },
    answers: { 200: answer },
    problems: ['sessionExpired'],
    run: forward('sessions.patch'),
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
    path: `${API}/sessions/:id/extend`,
    operationId: 'extendSession',
    tag,
    summary: 'Keep a session alive without a heartbeat',
    description: 'It lives for another 30 minutes from now on. Heartbeats and orders do the same.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    answers: { 200: answer },
    problems: ['sessionExpired'],
    run: forward('sessions.extend'),
  },
  {
    method: 'POST',
    path: `${API}/sessions/:id/drill`,
    operationId: 'drillSession',
    tag,
    summary: 'Cut all streams of a session, to see what happens',
    description:
      'Every stream of the session ends with `goaway`, reason `drill`, on whichever gateway it is. ' +
      'Nothing else is touched: who beats on stays, and whoever does not is gone after the grace period.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: DrillRequest,
    bodyExample: { seconds: 5 },
    answers: { 200: { description: 'Done.', schema: DrillAnswer, example: drilled } },
    run: forward('sessions.drill'),
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

const running: DeadManView = {
  timeoutSeconds: 30,
  expiresAt: '2026-01-05T14:30:32.118Z',
  expiredAt: null,
};
const timer = { description: 'The timer as it stands.', schema: DeadManView, example: running };
const path = `${API}/simulators/:id/dead-man`;

export const deadManRoutes: Route[] = [
  {
    method: 'PUT',
    path,
    operationId: 'setDeadMan',
    tag: 'risk',
    summary: 'Start, renew or stop the dead-man timer',
    description:
      'For programs: renew it every few seconds, at least three times in `timeoutSeconds`. When it ' +
      'is not renewed in time, the open orders of the simulator end (`deadManExpired`) and the timer ' +
      'stands still until it is set again. 0 stops it. It runs whatever becomes of the session, and ' +
      'neither heartbeats nor streams renew it.',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byId,
    body: DeadManRequest,
    bodyExample: { timeoutSeconds: 30 },
    answers: { 200: timer },
    problems: ['simulatorStopped'],
    run: (call) => forwardDeadMan(call, 'sessions.setDeadMan'),
  },
  {
    method: 'GET',
    path,
    operationId: 'getDeadMan',
    tag: 'risk',
    summary: 'The dead-man timer',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: timer },
    run: (call) => forwardDeadMan(call, 'sessions.deadMan'),
  },
];

async function forwardDeadMan(call: Call<never>, action: string): Promise<Answer> {
  const request = { simulatorId: call.path.id, ...(call.body as object | undefined) };
  return json(200, await ask<DeadManView>(call, action, request));
}

async function open(call: Call<never>): Promise<Answer> {
  const { session, resumed } = await ask<{ session: Session; resumed: boolean }>(
    call,
    'sessions.create',
    call.body,
  );
  return json(resumed ? 200 : 201, session);
}
