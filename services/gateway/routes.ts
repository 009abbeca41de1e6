/** Every route of the public API. */
import type { Route } from './route.ts';
import { accountRoutes } from './routes/account.ts';
import { authRoutes } from './routes/auth.ts';
import { capsuleRoute } from './routes/capsule.ts';
import { holdingRoutes } from './routes/holdings.ts';
import { labRoutes } from './routes/lab.ts';
import { marketDataRoutes } from './routes/market-data.ts';
import { orderListRoutes } from './routes/order-lists.ts';
import { orderRoutes } from './routes/orders.ts';
import { reportRoutes } from './routes/report.ts';
import { riskRoutes } from './routes/risk.ts';
import { savedStateRoutes } from './routes/saved-states.ts';
import { deadManRoutes, sessionRoutes } from './routes/sessions.ts';
import { simulatorRoutes } from './routes/simulators.ts';
import { streamRoute } from './routes/stream.ts';

export const routes: readonly Route[] = [
  ...authRoutes,
  ...sessionRoutes,
  ...labRoutes,
  ...simulatorRoutes,
  ...savedStateRoutes,
  capsuleRoute,
  ...reportRoutes,
  ...orderRoutes,
  ...orderListRoutes,
  ...riskRoutes,
  ...deadManRoutes,
  ...holdingRoutes,
  ...marketDataRoutes,
  streamRoute,
  ...accountRoutes,
];

export const API_INFO = {
  title: 'Sandpit',
  version: '1.0.0',
  description:
    'A private, living exchange for every trader. Prices, sizes and money are decimal text; times ' +
    'are ISO 8601 in UTC with milliseconds, and those of a market are simulated time. Lists take ' +
    '`limit` and `since` and say `nextSince`: one cursor for REST, the stream and NATS. Every ' +
    'failure is a problem document (RFC 9457) with a stable `code`.',
  tags: {
    auth: 'Accounts, log-in, and the short-lived access token that everything else needs.',
    sessions: 'A trader’s connection: its heartbeats decide what the order gate lets through.',
    catalogue: 'What can be simulated.',
    simulators: 'Private venues: start, clock, stop.',
    orders: 'Orders, fills, positions and the account. Answers are committed state.',
    risk: 'What an order is checked against before it is matched, and the kill switches.',
    'market data': 'One venue’s market as it stands; the stream has it as it moves.',
    stream: 'Server-sent events, resumable to the record; the WebSocket is in /asyncapi.json.',
    profile: 'Preferences of the person.',
    portfolios: 'Saved starting portfolios.',
    'saved states': 'Moments of a simulator, to start again from.',
    integrations: 'Credentials for programs of one’s own.',
  },
} as const;
