/** Limits before matching, and the switch that stops all trading. */
import {
  KillSwitchList,
  KillSwitchRequest,
  KillSwitchView,
  LIMITS_OF_TIER,
  RiskLimitsRequest,
  type RiskLimitsView,
  RiskView,
} from '@sandpit/schemas/risk.ts';
import Type from 'typebox';
import { limitsView } from '../../platform/risk-view.ts';
import { json, type Route } from '../route.ts';
import { control, ORDER_PROBLEMS } from './orders.ts';
import { API, byId, forward, fromWorker, IdempotencyKey } from './shared.ts';

const tag = 'risk';
const base = `${API}/simulators/:id`;

const tierLimits = limitsView(LIMITS_OF_TIER.standard);
const ownLimits: RiskLimitsView = {
  ...limitsView(LIMITS_OF_TIER.professional),
  maxOpenOrders: null,
  borrowPercent: null,
  maxOrderNotional: '25000.00',
  ordersPerSecond: 5,
  duplicateWindowMs: 500,
};
const limits = { ...tierLimits, maxOrderNotional: '25000.00', ordersPerSecond: 5 };
const riskExample: RiskView = {
  tier: 'standard',
  limits: { ...limits, duplicateWindowMs: 500 },
  tierLimits,
  ownLimits,
  killSwitches: [],
};
const killed: RiskView = {
  ...riskExample,
  killSwitches: [{ scope: 'simulator', by: 'trader', reason: 'My program runs away.' }],
};
const accountSwitch: KillSwitchView = {
  scope: 'account',
  by: 'trader',
  engaged: true,
  reason: 'Enough for today.',
  since: '2026-01-05T14:30:02.118Z',
};
const setExample = { engaged: true, reason: 'My program runs away.' };
const KILL =
  'While any switch is on, every order and amendment is refused (`killSwitchEngaged`), those that ' +
  'close a position too; cancels, and amendments to less at the same price, always pass. Unless ' +
  '`cancelOpenOrders` is false, what is open ends. Whoever has set a switch lifts it, with ' +
  '`engaged: false`: an operator’s stays on. ';

const AccountSwitchAnswer = Type.Object(
  {
    switch: KillSwitchView,
    simulators: Type.Integer({ minimum: 0, description: 'That run now.' }),
    told: Type.Integer({ minimum: 0, description: 'Of them, so far; the rest is being told.' }),
    asleep: Type.Integer({
      minimum: 0,
      description: 'Put away. They are not woken for it: it is in force when they wake.',
    }),
  },
  { $id: 'AccountSwitchAnswer' },
);

export const riskRoutes: Route[] = [
  {
    method: 'GET',
    path: `${base}/risk`,
    operationId: 'getRisk',
    tag,
    summary: 'What an order is checked against',
    description:
      'The limits in force, what of them is the tier’s and my own, and the kill switches.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: { description: 'Now.', schema: RiskView, example: riskExample } },
    problems: ['simulatorStopped'],
    run: async (call) => json(200, await fromWorker(call, 'simulator.risk')),
  },
  {
    method: 'PUT',
    path: `${base}/risk-limits`,
    operationId: 'setRiskLimits',
    tag,
    summary: 'Limits of my own, tighter than the tier’s',
    description:
      'Replaces the whole set; what is absent or null is as the tier says. Judged is what an order ' +
      'opens: whoever closes or reduces a position passes every limit. Refusals: ' +
      '`orderSizeExceeded`, `orderNotionalExceeded`, `priceOutsideCollar`, `tooManyOpenOrders`, ' +
      '`orderRateExceeded`, `duplicateOrder`, `borrowUnavailable`, `positionLimitExceeded`.',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byId,
    headers: IdempotencyKey,
    body: RiskLimitsRequest,
    bodyExample: { maxOrderNotional: '25000.00', ordersPerSecond: 5, duplicateWindowMs: 500 },
    bodyExamples: { asTheTier: {} },
    answers: { 200: { description: 'In force.', schema: RiskView, example: riskExample } },
    problems: ORDER_PROBLEMS,
    run: control('orders.setLimits'),
  },
  {
    method: 'PUT',
    path: `${base}/kill-switch`,
    operationId: 'setKillSwitch',
    tag,
    summary: 'Stop all trading in a simulator, or let it go on',
    description: `${KILL}This one is of one simulator.`,
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byId,
    headers: IdempotencyKey,
    body: KillSwitchRequest,
    bodyExample: setExample,
    bodyExamples: {
      lift: { engaged: false },
      keepOpenOrders: { engaged: true, cancelOpenOrders: false },
    },
    answers: { 200: { description: 'In force.', schema: RiskView, example: killed } },
    problems: ORDER_PROBLEMS,
    run: control('orders.setSwitch'),
  },
  {
    method: 'GET',
    path: `${API}/kill-switch`,
    operationId: 'listKillSwitches',
    tag,
    summary: 'Kill switches of my account, and of all',
    description: 'As they were last set, on or off. A simulator’s own are under its `risk`.',
    auth: 'trader',
    limit: 'read',
    answers: {
      200: { description: 'All.', schema: KillSwitchList, example: { items: [accountSwitch] } },
    },
    run: forward('orders.switches'),
  },
  {
    method: 'PUT',
    path: `${API}/kill-switch`,
    operationId: 'setAccountKillSwitch',
    tag,
    summary: 'Stop all trading of my account, or let it go on',
    description: `${KILL}This one is of all my simulators, those too that are started later.`,
    auth: 'trader',
    limit: 'cancel',
    body: KillSwitchRequest,
    bodyExample: { engaged: true, reason: 'Enough for today.' },
    bodyExamples: { lift: { engaged: false } },
    answers: {
      200: {
        description: 'Kept, and told to the simulators.',
        schema: AccountSwitchAnswer,
        example: { switch: accountSwitch, simulators: 2, told: 2, asleep: 1 },
      },
    },
    run: forward('orders.setAccountSwitch'),
  },
];
