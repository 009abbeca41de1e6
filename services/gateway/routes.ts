/** Every route of the public API. */
import type { Route } from './route.ts';
import { accountRoutes } from './routes/account.ts';
import { authRoutes } from './routes/auth.ts';
import { holdingRoutes } from './routes/holdings.ts';
import { marketDataRoutes } from './routes/market-data.ts';
import { orderRoutes } from './routes/orders.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { simulatorRoutes } from './routes/simulators.ts';
import { streamRoute } from './routes/stream.ts';

export const routes: readonly Route[] = [
  ...authRoutes,
  ...sessionRoutes,
  ...simulatorRoutes,
  ...orderRoutes,
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
};
