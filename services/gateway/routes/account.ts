/** The trader's own things: preferences, saved portfolios, credentials for integrations. */
import { AuditView } from '@sandpit/schemas/audit.ts';
import {
  ListQuery,
  listOf,
  NatsCredential,
  NatsCredentialRequest,
  Profile,
  ProfilePatch,
} from '@sandpit/schemas/http.ts';
import { Id, PositiveDecimal, Timestamp } from '@sandpit/schemas/units.ts';
import Type from 'typebox';
import type { Route } from '../route.ts';
import { API, byId, forward, itemsOf } from './shared.ts';

const profile: Profile = {
  displayName: 'Ada',
  theme: 'dark',
  colours: 'greenUp',
  confirmOrders: true,
  timeZone: 'utc',
  watchList: ['ACME'],
};
const profileAnswer = { description: 'The preferences.', schema: Profile, example: profile };

const PortfolioRequest = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 60 }),
    startingCash: PositiveDecimal,
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3,5}$' })),
  },
  { $id: 'PortfolioRequest', additionalProperties: false },
);
const Portfolio = Type.Object(
  {
    id: Id,
    name: Type.String(),
    startingCash: PositiveDecimal,
    currency: Type.String(),
    createdAt: Timestamp,
  },
  { $id: 'Portfolio' },
);

const common = { auth: 'trader', limit: 'write' } as const;
const read = { auth: 'trader', limit: 'read' } as const;

const entry: AuditView = {
  n: 4_711,
  id: '01d4ab5f5f0c4e1f9a1e6c1f4f6f7a10',
  at: '2026-01-05T14:30:02.118Z',
  area: 'sessions',
  action: 'disconnectFired',
  actor: 'house',
  accountId: 'acc_01J8ZK',
  subjectId: 'ses_01J8ZK',
  outcome: 'ok',
  correlationId: null,
  detail: { simulators: 1, keepGtc: true },
  hash: '5f'.repeat(32),
};

export const accountRoutes: Route[] = [
  {
    ...read,
    method: 'GET',
    path: `${API}/audit`,
    operationId: 'listAudit',
    tag: 'profile',
    summary: 'What was done with my account, by whomever',
    description:
      'Log-ins and failed ones, credentials, sessions, kill switches, cancels in my place, what ' +
      'operators did. Without `since` the newest first; with it what came after, oldest first. ' +
      'Entries appear a second or two after the fact. Each `hash` covers all entries before it.',
    query: ListQuery,
    answers: {
      200: {
        description: 'Entries of this account.',
        schema: listOf('AuditList', AuditView),
        example: { items: [entry], nextSince: entry.n },
      },
    },
    run: forward('audit.list'),
  },
  {
    ...read,
    method: 'GET',
    path: `${API}/profile`,
    operationId: 'getProfile',
    tag: 'profile',
    summary: 'My preferences',
    answers: { 200: profileAnswer },
    run: forward('profiles.get'),
  },
  {
    ...common,
    method: 'PATCH',
    path: `${API}/profile`,
    operationId: 'updateProfile',
    tag: 'profile',
    summary: 'Change some of my preferences',
    body: ProfilePatch,
    bodyExample: { theme: 'light' },
    answers: { 200: profileAnswer },
    run: forward('profiles.update'),
  },
  {
    ...read,
    method: 'GET',
    path: `${API}/portfolios`,
    operationId: 'listPortfolios',
    tag: 'portfolios',
    summary: 'My saved starting portfolios',
    answers: { 200: { description: 'All.', schema: itemsOf('PortfolioList', Portfolio) } },
    run: forward('profiles.portfolios'),
  },
  {
    ...common,
    method: 'POST',
    path: `${API}/portfolios`,
    operationId: 'savePortfolio',
    tag: 'portfolios',
    summary: 'Save a starting portfolio',
    body: PortfolioRequest,
    bodyExample: { name: 'Small account', startingCash: '5000' },
    answers: { 201: { description: 'Saved.', schema: Portfolio } },
    problems: ['quotaExceeded'],
    run: forward('profiles.savePortfolio', 201),
  },
  {
    ...common,
    method: 'DELETE',
    path: `${API}/portfolios/:id`,
    operationId: 'deletePortfolio',
    tag: 'portfolios',
    summary: 'Delete a saved portfolio',
    pathSchema: byId,
    answers: { 204: { description: 'Gone.', schema: null } },
    run: async (call) => {
      await call.ctx.call('profiles.deletePortfolio', { id: call.path.id });
      return { status: 204 };
    },
  },
  {
    ...common,
    method: 'POST',
    path: `${API}/integrations/nats`,
    operationId: 'createNatsCredential',
    tag: 'integrations',
    summary: 'Credentials to follow my events and market data over NATS, and to trade there',
    description:
      '`creds` is shown this once. It says whose programs may connect; each request that they send carries ' +
      'an access token besides. /asyncapi.json describes them.',
    body: NatsCredentialRequest,
    bodyExample: { name: 'my bot' },
    answers: { 201: { description: 'Created.', schema: NatsCredential } },
    problems: ['quotaExceeded'],
    run: forward('identity.createNatsCredential', 201),
  },
  {
    ...read,
    method: 'GET',
    path: `${API}/integrations/nats`,
    operationId: 'listNatsCredentials',
    tag: 'integrations',
    summary: 'My credentials, without their secrets',
    answers: {
      200: { description: 'All.', schema: itemsOf('NatsCredentialList', NatsCredential) },
    },
    run: forward('identity.listNatsCredentials'),
  },
  {
    ...common,
    method: 'DELETE',
    path: `${API}/integrations/nats/:id`,
    operationId: 'revokeNatsCredential',
    tag: 'integrations',
    summary: 'Revoke credentials',
    pathSchema: byId,
    answers: { 204: { description: 'Revoked.', schema: null } },
    run: async (call) => {
      await call.ctx.call('identity.revokeNatsCredential', { id: call.path.id });
      return { status: 204 };
    },
  },
];
