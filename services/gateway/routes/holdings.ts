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

/** Long 1,000 at 180.00, bought with 100,000.00; the market has come down to 105.00. */
const onMargin: AccountView = {
  type: 'margin',
  feeSchedule: 'per-share',
  currency: 'USD',
  startingCash: '100000.00',
  cash: '-80005.00',
  reserved: '0.00',
  buyingPower: '0.00',
  equity: '24995.00',
  exposure: '105000.00',
  unrealised: '-75000.00',
  realised: '0.00',
  fees: '5.00',
  netExposure: '105000.00',
  margin: {
    initial: '52500.00',
    maintenance: '26250.00',
    availableFunds: '-27505.00',
    excessLiquidity: '-1255.00',
    leverage: '4.20',
  },
  marginCall: {
    state: 'called',
    since: '2026-01-05T15:04:11.000Z',
    deadline: '2026-01-05T15:09:11.000Z',
  },
  borrowFees: '0.00',
  interest: '0.00',
  accrued: '0.31',
  dayOpenEquity: '100000.00',
  dayProfit: '-75005.00',
  totalProfit: '-75005.00',
  sequence: 4711,
};

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
    description:
      'On margin also the requirements, leverage and what is owed. Values are at the mark: the mid, ' +
      'else the last price.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'Now.', schema: AccountView, example: onMargin } },
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
