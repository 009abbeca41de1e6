/** The trader's own things: preferences, saved portfolios, credentials for integrations. */
import {
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

export const accountRoutes: Route[] = [
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
    summary: 'Credentials to follow my events and market data over NATS',
    description: '`creds` is shown this once.',
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
