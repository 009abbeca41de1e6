/** What a trader holds and did: fills, positions, the account, the archive. */
import {
  AccountView,
  ExecutionView,
  ListQuery,
  listOf,
  OrderView,
  PositionView,
} from '@sandpit/schemas/http.ts';
import type { TSchema } from 'typebox';
import { ask, json, type Route } from '../route.ts';
import { API, byId, fromWorkerOrArchive, itemsOf } from './shared.ts';

const tag = 'orders';
const base = `${API}/simulators/:id`;
const ExecutionList = listOf('ExecutionList', ExecutionView);

export const holdingRoutes: Route[] = [
  {
    method: 'GET',
    path: `${base}/executions`,
    operationId: 'listExecutions',
    tag,
    summary: 'Fills, oldest first',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    query: ListQuery,
    answers: { 200: { description: 'Since `since`.', schema: ExecutionList } },
    run: async (call) => json(200, await fromWorkerOrArchive(call, 'executions')),
  },
  {
    method: 'GET',
    path: `${base}/positions`,
    operationId: 'listPositions',
    tag,
    summary: 'Positions at the current mark',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'All.', schema: itemsOf('PositionList', PositionView) } },
    run: async (call) => json(200, await fromWorkerOrArchive(call, 'positions')),
  },
  {
    method: 'GET',
    path: `${base}/account`,
    operationId: 'getAccount',
    tag,
    summary: 'Cash, equity and buying power',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'Now.', schema: AccountView } },
    run: async (call) => json(200, await fromWorkerOrArchive(call, 'account')),
  },
  history('orders', listOf('OrderList', OrderView), 'Orders from the archive'),
  history('executions', ExecutionList, 'Fills from the archive'),
];

function history(name: 'orders' | 'executions', schema: TSchema, summary: string): Route {
  return {
    method: 'GET',
    path: `${base}/history/${name}`,
    operationId: `list${name === 'orders' ? 'Order' : 'Execution'}History`,
    tag,
    summary,
    description: 'Complete, also of stopped simulators; up to a second behind.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    query: ListQuery,
    answers: { 200: { description: 'Since `since`.', schema } },
    run: async (call) =>
      json(200, await ask(call, `portfolio.${name}`, { simulatorId: call.path.id, ...call.query })),
  };
}
