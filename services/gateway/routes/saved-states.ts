/** Saved states: places from which a simulator can be started again. */
import { Simulator } from '@sandpit/schemas/http.ts';
import { SavedState, SavedStateRequest, StateStartRequest } from '@sandpit/schemas/saved-state.ts';
import type { Route } from '../route.ts';
import { API, byId, forward, itemsOf } from './shared.ts';

const tag = 'saved states';
const example: SavedState = {
  id: 'sta_01J8ZQ',
  name: 'Before the announcement',
  simulatorId: 'sim_01J8ZM',
  scenario: 'earnings-surprise',
  n: 42,
  simulatedAt: '2026-01-05T15:29:58.000Z',
  savedAt: '2026-11-21T09:00:00.000Z',
};

export const savedStateRoutes: Route[] = [
  {
    method: 'POST',
    path: `${API}/simulators/:id/states`,
    operationId: 'saveState',
    tag,
    summary: 'Save where a simulator stands',
    description:
      'Its market, orders, positions and money, exactly. Costs nothing but a name: the simulator’s ' +
      'record is kept for as long as a saved state needs it. Works on a stopped one too.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: SavedStateRequest,
    bodyExample: { name: example.name },
    answers: { 201: { description: 'Saved.', schema: SavedState, example } },
    problems: ['quotaExceeded'],
    run: forward('simulators.saveState', 201),
  },
  {
    method: 'GET',
    path: `${API}/states`,
    operationId: 'listStates',
    tag,
    summary: 'My saved states, newest first',
    auth: 'trader',
    limit: 'read',
    answers: { 200: { description: 'All.', schema: itemsOf('SavedStateList', SavedState) } },
    run: forward('simulators.states'),
  },
  {
    method: 'POST',
    path: `${API}/states/:id/start`,
    operationId: 'startState',
    tag,
    summary: 'Start a simulator from a saved state',
    description: 'A new one, paused at that moment; as often as you like.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: StateStartRequest,
    bodyExample: { sessionId: 'ses_01J8ZK' },
    answers: { 201: { description: 'Paused where it was saved.', schema: Simulator } },
    problems: ['quotaExceeded', 'sessionExpired', 'outcomeUnknown'],
    run: forward('simulators.startState', 201),
  },
  {
    method: 'DELETE',
    path: `${API}/states/:id`,
    operationId: 'deleteState',
    tag,
    summary: 'Delete a saved state',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    answers: { 204: { description: 'Gone.', schema: null } },
    run: async (call) => {
      await call.ctx.call('simulators.deleteState', { id: call.path.id });
      return { status: 204 };
    },
  },
];
