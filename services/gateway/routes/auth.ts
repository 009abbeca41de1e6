import { AuthAnswer, Credentials } from '@sandpit/schemas/http.ts';
import type { Static } from 'typebox';
import { problem } from '../../platform/errors.ts';
import { clearedRefreshCookie, refreshCookie, refreshTokenOf } from '../http/cookies.ts';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import { API } from './shared.ts';

interface Granted {
  answer: AuthAnswer;
  refreshToken: string;
  refreshExpiresAt: string | number | Date;
}

const example: AuthAnswer = {
  accessToken: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…',
  expiresInSeconds: 300,
  user: { id: '01J8ZK3V5M', email: 'trader@example.com' },
};
const credentialsExample = { email: 'trader@example.com', password: 'correct horse battery' };

function granted(status: number, { answer, refreshToken, refreshExpiresAt }: Granted): Answer {
  const cookie = refreshCookie(refreshToken, new Date(refreshExpiresAt));
  return json(status, answer, { 'Set-Cookie': cookie });
}

const enter = (action: string, status: number) => async (call: Call<Static<typeof Credentials>>) =>
  granted(status, await ask<Granted>(call as Call<never>, action, call.body));

const tag = 'auth';

export const authRoutes: Route[] = [
  {
    method: 'POST',
    path: `${API}/auth/signup`,
    operationId: 'signUp',
    tag,
    summary: 'Create an account and log in',
    description: 'Also sets the refresh cookie, which only this app’s pages can use.',
    auth: 'none',
    limit: 'login',
    body: Credentials,
    bodyExample: credentialsExample,
    answers: { 201: { description: 'Logged in.', schema: AuthAnswer, example } },
    problems: ['emailTaken'],
    run: enter('identity.signup', 201) as Route['run'],
  },
  {
    method: 'POST',
    path: `${API}/auth/login`,
    operationId: 'logIn',
    tag,
    summary: 'Log in',
    auth: 'none',
    limit: 'login',
    body: Credentials,
    bodyExample: credentialsExample,
    answers: { 200: { description: 'Logged in.', schema: AuthAnswer, example } },
    problems: ['invalidCredentials'],
    run: enter('identity.login', 200) as Route['run'],
  },
  {
    method: 'POST',
    path: `${API}/auth/refresh`,
    operationId: 'refresh',
    tag,
    summary: 'New access token for the refresh cookie',
    description:
      'The cookie is replaced on every use. A spent one that comes back ends the log-in.',
    auth: 'cookie',
    limit: 'login',
    answers: { 200: { description: 'As log-in.', schema: AuthAnswer, example } },
    problems: ['refreshRejected'],
    run: refresh,
  },
  {
    method: 'POST',
    path: `${API}/auth/logout`,
    operationId: 'logOut',
    tag,
    summary: 'End the log-in that the refresh cookie belongs to',
    auth: 'cookie',
    limit: 'login',
    answers: { 204: { description: 'Logged out, also if nobody was.', schema: null } },
    run: logOut,
  },
];

async function refresh(call: Call<never>): Promise<Answer> {
  const refreshToken = refreshTokenOf(call.req);
  if (!refreshToken) throw problem('refreshRejected');
  return granted(200, await ask<Granted>(call, 'identity.refresh', { refreshToken }));
}

async function logOut(call: Call<never>): Promise<Answer> {
  const refreshToken = refreshTokenOf(call.req);
  if (refreshToken) await ask(call, 'identity.logout', { refreshToken });
  return { status: 204, headers: { 'Set-Cookie': clearedRefreshCookie } };
}
