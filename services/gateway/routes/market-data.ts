import { CandleQuery } from '@sandpit/schemas/http.ts';
import { BookFrame, CandleList, QuoteFrame, Trade } from '@sandpit/schemas/market-data.ts';
import { Headline } from '@sandpit/schemas/news.ts';
import Type, { type TObject, type TSchema } from 'typebox';
import { json, type Route } from '../route.ts';
import { API, byId, bySymbol, fromWorker, itemsOf } from './shared.ts';

const TradeQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })) },
  { additionalProperties: false },
);

const of = (name: string, summary: string, schema: TSchema, query?: TObject): Route => ({
  method: 'GET',
  path: `${API}/simulators/:id/${name}/:symbol`,
  operationId: `get${name[0].toUpperCase()}${name.slice(1)}`,
  tag: 'market data',
  summary,
  auth: 'trader',
  limit: 'read',
  pathSchema: bySymbol,
  ...(query && { query }),
  answers: { 200: { description: 'Committed, as of the simulated now.', schema } },
  problems: ['simulatorStopped'],
  run: async (call) =>
    json(
      200,
      await fromWorker(call, `simulator.${name}`, { symbol: call.path.symbol, ...call.query }),
    ),
});

export const marketDataRoutes: Route[] = [
  of('book', 'Order book, best first, up to 20 levels a side', BookFrame),
  of('quote', 'Best bid and ask, last trade, range and volume', QuoteFrame),
  of('trades', 'Last trades, newest first', itemsOf('TradeList', Trade), TradeQuery),
  of('candles', 'Candles, oldest first', CandleList, CandleQuery),
  {
    method: 'GET',
    path: `${API}/simulators/:id/news`,
    operationId: 'listNews',
    tag: 'market data',
    summary: 'Headlines so far, newest first',
    description:
      'What the scenario lets out. New ones come on the stream as `session` with `headline`.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'All.', schema: itemsOf('NewsList', Headline) } },
    problems: ['simulatorStopped'],
    run: async (call) => json(200, await fromWorker(call, 'simulator.news')),
  },
];
