/** A second simulator with the past of a first: a row, its log by a worker, then a paused clock. */
import { shardOf } from '@sandpit/bus/subjects.ts';
import type { ForkRequest, Simulator } from '@sandpit/schemas/http.ts';
import type { ServiceBroker } from 'moleculer';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { ownerDirectory } from '../platform/owners.ts';
import type { SimulatorManager } from './manager.ts';
import * as store from './store.ts';

/** A long log is executed again. The worker gives up before, so that the answer says why. */
const COPY_TIMEOUT_MS = 17_000;
const TELL_TIMEOUT_MS = 4_000;
/** The pause and, should one of them fail, the stop. */
const CLOCK_TIMEOUT_MS = 6_000;
/** Longer than its parts together, so that it is the part which was too slow that says so. */
export const FORK_TIMEOUT_MS = COPY_TIMEOUT_MS + TELL_TIMEOUT_MS + CLOCK_TIMEOUT_MS + 1_000;

/** Where to part; the end of the log when nothing is given. */
export interface Place {
  atSequence?: number | null | undefined;
  beforeOrder?: string | null | undefined;
  /** The last record that both share, and where the market stood. */
  upTo?: { n: number; simNs: number };
}

/** @throws problem `notFound`, `validationFailed`, `quotaExceeded`, `unavailable`, `outcomeUnknown` */
export async function forkSimulator(
  broker: ServiceBroker,
  manager: SimulatorManager,
  caller: Caller,
  parentId: string,
  { atSeq, beforeOrder }: ForkRequest,
): Promise<Simulator> {
  if (atSeq !== undefined && beforeOrder !== undefined) {
    const message = 'give either `atSeq` or `beforeOrder`, not both';
    throw problem('validationFailed', { errors: [{ path: 'atSeq', message }] });
  }
  const parent = await store.getOwned(broker.database, caller.accountId, parentId);
  return forkAt(broker, manager, caller, parent, { atSequence: atSeq, beforeOrder });
}

/**
 * @param parent  Its row; the session in it is the new simulator's.
 * @throws as `forkSimulator`
 */
export async function forkAt(
  broker: ServiceBroker,
  manager: SimulatorManager,
  caller: Caller,
  parent: store.SimulatorRow,
  { atSequence = null, beforeOrder = null, upTo }: Place,
): Promise<Simulator> {
  const row = await manager.reserveFork(parent);
  let runs = false;
  try {
    await copyLog(broker, row, parent.id, { atSequence, beforeOrder, ...(upTo && { upTo }) });
    runs = true;
    // Kill switches of its account and of all stand as they do now, not as they did then.
    const told = { simulatorId: row.id, accountId: caller.accountId };
    await broker.call<null, object>('orders.tellSwitches', told, { timeout: TELL_TIMEOUT_MS });
    await store.markStarted(broker.database, row);
    return await manager.turn(caller, row.id, { type: 'pause' });
  } catch (error) {
    // Nobody has been told of it. What never began to run has no clock to stop.
    if (runs) await manager.turn(caller, row.id, { type: 'stop' }).catch(() => undefined);
    await store.markStopped(broker.database, row, Date.now()).catch(() => undefined);
    throw error;
  }
}

/** Asked once: a second try would find the log begun. */
async function copyLog(
  broker: ServiceBroker,
  { id, account_id, scenario_hash }: store.SimulatorRow,
  parentId: string,
  place: Place,
): Promise<void> {
  const owners = await ownerDirectory(broker);
  const nodeID = owners.ownerOf(id);
  if (!nodeID) {
    throw problem('unavailable', { detail: `Nobody runs shard ${shardOf(id)} now. Retry soon.` });
  }
  const params = { simulatorId: id, accountId: account_id, parentId, scenarioHash: scenario_hash };
  await broker.call(
    'simulator.fork',
    { ...params, ...place },
    { nodeID, timeout: COPY_TIMEOUT_MS, retries: 0 },
  );
}
