import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { savedStateRoutes } from '../gateway/routes/saved-states.ts';
import { simulatorRoutes } from '../gateway/routes/simulators.ts';
import { stateActions } from './state-actions.ts';

const paramsOf = (name: keyof typeof stateActions) =>
  Compile((stateActions[name] as unknown as { params: Parameters<typeof Compile>[0] }).params);

const routes = [...savedStateRoutes, ...simulatorRoutes];
const exampleOf = (operationId: string) =>
  routes.find((route) => route.operationId === operationId)?.bodyExample as object | undefined;

test.each([
  ['saveState', 'saveState', { id: 'sim-1' }],
  ['startState', 'startState', { id: 'sta-1' }],
  ['hibernate', 'hibernateSimulator', { id: 'sim-1' }],
  ['wake', 'wakeSimulator', { id: 'sim-1' }],
  ['deleteState', 'deleteState', { id: 'sta-1' }],
  ['states', 'listStates', {}],
] as const)('%s takes what its route sends', (action, operationId, path) => {
  expect(routes.some((route) => route.operationId === operationId)).toBe(true);
  const sent = { ...path, ...exampleOf(operationId) };
  expect(paramsOf(action).Check(sent)).toBe(true);
  expect(paramsOf(action).Check({ ...sent, more: 1 })).toBe(false);
});

test('a name is none without a letter', () => {
  const check = paramsOf('saveState');
  expect(check.Check({ id: 'sim-1', name: '   ' })).toBe(false);
  expect(check.Check({ id: 'sim-1', name: 'x'.repeat(61) })).toBe(false);
});
