/** Moleculer service `simulators`: the catalogue, and starting, listing and stopping simulators. */
import { type Bucket, BusError } from '@sandpit/bus/bus.ts';
import { ForkRequest, type Simulator, SimulatorRequest } from '@sandpit/schemas/http.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service, ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { type SchemaOf, type TraderContext, traderAction } from '../platform/action.ts';
import { guarded } from '../platform/breakers.ts';
import { callerOf } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { outcomeWaiter } from '../platform/outcomes.ts';
import { ownerDirectory } from '../platform/owners.ts';
import { currentHash, loadScenario, publishBuiltIns } from './catalogue/store.ts';
import { catalogueActions } from './catalogue-actions.ts';
import { clockActions } from './clock-actions.ts';
import { ClockCommands } from './commands.ts';
import { FORK_TIMEOUT_MS, forkSimulator } from './fork.ts';
import { haltActions } from './halt-actions.ts';
import { SimulatorManager } from './manager.ts';
import { endOrphans } from './orphans.ts';
import { planOf } from './plan.ts';
import { checkSession } from './session-check.ts';
import { stateActions } from './state-actions.ts';
import { getOwned, listOwned, viewOf } from './store.ts';
import './tables.ts';

const START_TIMEOUT_MS = 10_000;
const PUBLISHES_AT_ONCE = 200;
const SWEEP_MS = 300_000;
const PREPARED_TIMEOUT_MS = 250;
const IDS_DRAWN = 16;

const area = 'simulators';
const closed = { additionalProperties: false };
const NoParams = Type.Object({}, closed);
const ById = Type.Object({ id: Id }, closed);
const Fork = Type.Object({ id: Id, ...ForkRequest.properties }, closed);

type Simulators = Service & {
  manager: SimulatorManager;
  scenarios: Bucket;
  sweep: NodeJS.Timeout | undefined;
};

const service: SchemaOf<Simulators> = {
  name: 'simulators',

  actions: {
    ...catalogueActions,
    ...stateActions,
    ...clockActions,
    ...haltActions,
    start: traderAction<typeof SimulatorRequest, Simulators>({
      params: SimulatorRequest,
      audit: {
        area,
        action: 'simulatorStarted',
        subject: (_, answer) => answer?.id,
        detail: ({ scenario }) => ({ scenario }),
      },
      timeoutMs: START_TIMEOUT_MS,
      log: 'info',
      async handler(ctx) {
        const caller = callerOf(ctx);
        const request = ctx.params as SimulatorRequest;
        await checkSession(ctx, request.sessionId);
        const { scenario, hash } = await scenarioFor(this.scenarios, request.scenario);
        const cash = await portfolioCash(ctx, request.portfolioId);
        const plan = planOf(request, caller.accountId, scenario, hash, cash);
        const simulator = await this.manager.start(caller, plan);
        await startLab(ctx, scenario, simulator);
        return simulator;
      },
    }),
    list: traderAction<typeof NoParams, Simulators>({
      params: NoParams,
      read: true,
      async handler({ locals }) {
        const rows = await listOwned(this.broker.database, locals.principal.accountId);
        return { items: rows.map(viewOf) };
      },
    }),
    get: traderAction<typeof ById, Simulators>({
      params: ById,
      read: true,
      async handler({ locals, params }) {
        const { accountId } = locals.principal;
        return viewOf(await getOwned(this.broker.database, accountId, params.id));
      },
    }),
    fork: traderAction<typeof Fork, Simulators>({
      params: Fork,
      audit: {
        area,
        action: 'simulatorForked',
        subject: (_, answer) => answer?.id,
        detail: ({ id }) => ({ parent: id }),
      },
      timeoutMs: FORK_TIMEOUT_MS,
      log: 'info',
      handler(ctx) {
        const { id, ...request } = ctx.params;
        return forkSimulator(this.broker, this.manager, callerOf(ctx), id, request);
      },
    }),
  },

  async started() {
    const { broker } = this;
    this.scenarios = await broker.bus.bucket('SCENARIOS');
    await publishBuiltIns(this.scenarios);
    const publish = guarded('clockCommands', broker.bus.publish.bind(broker.bus), {
      timeoutMs: false,
      capacity: PUBLISHES_AT_ONCE,
      isFailure: (error) =>
        error instanceof BusError && ['unknown', 'unavailable'].includes(error.failure),
    });
    const commands = new ClockCommands(publish, outcomeWaiter(broker));
    this.manager = new SimulatorManager(broker.database, commands, broker.config.quota, {
      newId: async () => (await ownerDirectory(broker)).quietest(drawnIds()),
      preparedSeed: (simulatorId, scenarioHash) => preparedSeed(broker, simulatorId, scenarioHash),
    });
    this.sweep = setInterval(() => void sweepOrphans(this), SWEEP_MS);
  },

  async stopped() {
    clearInterval(this.sweep);
  },
};
export default service;

/** The network lab that comes with the scenario. Without it the market is still the same. */
async function startLab(
  ctx: TraderContext,
  { lab }: Scenario,
  { id, sessionId, seed }: Simulator,
): Promise<void> {
  if (!lab) return;
  try {
    await ctx.call('sessions.startLab', { id: sessionId, seed, ...lab });
  } catch (err) {
    ctx.broker.logger.warn({ err, simulatorId: id }, 'the network lab of a scenario did not start');
  }
}

/** Of as many shards: among them are some of every worker, but for the rarest of chances. */
const drawnIds = () => Array.from({ length: IDS_DRAWN }, () => newId());

/** Asked once, and not for long: without an answer any seed does. */
async function preparedSeed(
  broker: ServiceBroker,
  simulatorId: string,
  scenarioHash: string,
): Promise<number | null> {
  const nodeID = (await ownerDirectory(broker)).ownerOf(simulatorId);
  if (!nodeID) return null;
  const asked = broker.call<{ seed: number | null }, object>(
    'simulator.prepared',
    { simulatorId, scenarioHash },
    { nodeID, timeout: PREPARED_TIMEOUT_MS, retries: 0 },
  );
  return (await asked.catch(() => null))?.seed ?? null;
}

async function sweepOrphans({ broker, logger }: Simulators): Promise<void> {
  try {
    const ended = await endOrphans(broker.database, broker.bus, Date.now());
    if (ended.length > 0) logger.warn({ simulators: ended }, 'starts that never happened, ended');
  } catch (error) {
    logger.warn({ err: error }, 'orphans not looked for');
  }
}

async function portfolioCash(ctx: TraderContext, id: string | undefined): Promise<string | null> {
  if (id === undefined) return null;
  type Portfolio = { startingCash: string };
  const { startingCash } = await ctx.call<Portfolio, { id: string }>('profiles.getPortfolio', {
    id,
  });
  return startingCash;
}

async function scenarioFor(
  bucket: Bucket,
  id: string,
): Promise<{ scenario: Scenario; hash: string }> {
  const hash = await currentHash(bucket, id);
  const scenario = hash && (await loadScenario(bucket, hash));
  if (!hash || !scenario) {
    const message = `"${id}" is no scenario; see GET /api/v1/scenarios`;
    throw problem('validationFailed', { errors: [{ path: 'scenario', message }] });
  }
  return { scenario, hash };
}
