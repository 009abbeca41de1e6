/** Actions of `simulators` on states: put away; save, list, delete, start again. */
import type { Simulator } from '@sandpit/schemas/http.ts';
import { SavedStateRequest, StateStartRequest } from '@sandpit/schemas/saved-state.ts';
import { Id, Sequence } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { openAction, traderAction } from '../platform/action.ts';
import { callerOf } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { askWorker } from '../platform/owners.ts';
import { venueDirectory } from '../platform/venues.ts';
import { FORK_TIMEOUT_MS, forkAt } from './fork.ts';
import type { SimulatorManager } from './manager.ts';
import * as states from './saved-states.ts';
import { checkSession } from './session-check.ts';
import { getOwned, viewOf } from './store.ts';

type This = Service & { manager: SimulatorManager };

const SAVE_TIMEOUT_MS = 5_000;
const ADMIT_TIMEOUT_MS = 1_500;
const TELL_TIMEOUT_MS = 10_000;
const closed = { additionalProperties: false };
const NoParams = Type.Object({}, closed);
const ById = Type.Object({ id: Id }, closed);
const Admit = Type.Object({ simulatorId: Id, accountId: Id, n: Sequence }, closed);
const Save = Type.Object({ id: Id, ...SavedStateRequest.properties }, closed);
const Start = Type.Object({ id: Id, ...StateStartRequest.properties }, closed);

export const stateActions = {
  hibernate: traderAction<typeof ById, This>({
    params: ById,
    timeoutMs: SAVE_TIMEOUT_MS,
    log: 'info',
    async handler({ params: { id }, locals }) {
      const { accountId } = locals.principal;
      const row = await getOwned(this.broker.database, accountId, id);
      if (row.state === 'stopped') throw problem('simulatorStopped');
      const { hibernated } = await askWorker<{ hibernated: boolean }>(
        this.broker,
        id,
        'simulator.hibernate',
        { accountId },
      );
      const view = viewOf(row);
      return hibernated ? { ...view, state: 'hibernated' as const } : view;
    },
  }),
  wake: traderAction<typeof ById, This>({
    params: ById,
    timeoutMs: SAVE_TIMEOUT_MS,
    log: 'info',
    async handler({ params: { id }, locals }) {
      const { accountId } = locals.principal;
      const row = await getOwned(this.broker.database, accountId, id);
      if (row.state === 'stopped') throw problem('simulatorStopped');
      type Woken = Pick<Simulator, 'state'> | null;
      const woken = await askWorker<Woken>(this.broker, id, 'simulator.wake', { accountId });
      if (!woken) throw problem('unavailable');
      return { ...viewOf(row), state: woken.state };
    },
  }),
  /** For the worker; not reachable from the gateway: no route names it. */
  admit: openAction<typeof Admit, This>({
    params: Admit,
    timeoutMs: ADMIT_TIMEOUT_MS,
    log: 'info',
    async handler({ params }) {
      const { tellAgain, ...admitted } = await this.manager.admit(params);
      const { n: _, ...address } = params;
      // It does not wait: what stands is in its hands already.
      if (admitted.refusal === null && tellAgain) void tellLater(this, address);
      return admitted;
    },
  }),
  saveState: traderAction<typeof Save, This>({
    params: Save,
    timeoutMs: SAVE_TIMEOUT_MS,
    async handler({ params: { id, name }, locals }) {
      const { accountId } = locals.principal;
      const row = await getOwned(this.broker.database, accountId, id);
      const { opensAtMs } = await venueDirectory(this.broker).owned(id, accountId);
      type Stand = { n: number; simNs: number };
      const stand = await askWorker<Stand | null>(this.broker, id, 'simulator.stand', {
        accountId,
      });
      if (!stand || stand.n === 0) throw problem('unavailable');
      const simulatedAtMs = opensAtMs + Math.floor(stand.simNs / 1e6);
      return states.saveState(this.broker.database, row, name, { ...stand, simulatedAtMs });
    },
  }),
  states: traderAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    async handler({ locals }) {
      return { items: await states.listStates(this.broker.database, locals.principal.accountId) };
    },
  }),
  deleteState: traderAction<typeof ById, This>({
    params: ById,
    async handler({ params, locals }) {
      await states.deleteState(this.broker.database, locals.principal.accountId, params.id);
      return null;
    },
  }),
  startState: traderAction<typeof Start, This>({
    params: Start,
    timeoutMs: FORK_TIMEOUT_MS,
    log: 'info',
    async handler(ctx) {
      const { id, sessionId } = ctx.params;
      const caller = callerOf(ctx);
      await checkSession(ctx, sessionId);
      const { database } = this.broker;
      const state = await states.getState(database, caller.accountId, id);
      const parent = await getOwned(database, caller.accountId, state.simulator_id);
      const upTo = { n: Number(state.n), simNs: Number(state.sim_ns) };
      const child = { ...parent, session_id: sessionId };
      return forkAt(this.broker, this.manager, caller, child, { upTo });
    },
  }),
};

/** Should it fail, the switches are read once more when it wakes the next time. */
async function tellLater({ broker, logger }: This, address: object): Promise<void> {
  const told = broker.call('orders.tellSwitches', address, { timeout: TELL_TIMEOUT_MS });
  await told.catch((err: unknown) => logger.warn({ err, ...address }, 'switches not told again'));
}
