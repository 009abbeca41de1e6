/** Actions of the service `orders` on limits and kill switches; `this.risk` answers them. */
import type { RiskView } from '@sandpit/schemas/risk.ts';
import {
  KillReason,
  KillScope,
  KillSwitchRequest,
  RiskLimitsRequest,
} from '@sandpit/schemas/risk.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service, ServiceBroker } from 'moleculer';
import Type, { type Static } from 'typebox';
import { openAction, traderAction } from '../platform/action.ts';
import { callerOf } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import * as kept from '../platform/kill-switches.ts';
import { askWorker } from '../platform/owners.ts';
import { venueDirectory } from '../platform/venues.ts';
import type { Intake } from './intake.ts';
import { RiskDesk } from './risk-desk.ts';
import { type Address, Switchboard, type SwitchboardSources, type Told } from './switchboard.ts';

const TIMEOUT_MS = 5_000;
/** What changed so lately may not have been told by whoever has ended meanwhile. */
const TELL_AGAIN_MS = 24 * 3_600_000;

const closed = { additionalProperties: false };
const NoParams = Type.Object({}, closed);
const key = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
const one = { simulatorId: Id, idempotencyKey: key };
const SetLimits = Type.Object({ ...one, ...RiskLimitsRequest.properties }, closed);
const SetSwitch = Type.Object({ ...one, ...KillSwitchRequest.properties }, closed);
/** `id`: simulator or account; none for the global switch. */
const Kill = Type.Object(
  {
    scope: KillScope,
    id: Type.Optional(Id),
    engaged: Type.Boolean(),
    reason: Type.Optional(KillReason),
    cancelOpenOrders: Type.Optional(Type.Boolean()),
  },
  closed,
);

const OneSimulator = Type.Object({ simulatorId: Id, accountId: Id }, closed);
const Unhalt = Type.Object({ id: Id, reason: KillReason }, closed);

export interface RiskVars {
  risk: RiskDesk;
  switchboard: Switchboard;
}
type This = Service & RiskVars;

const switchFacts = ({ engaged, cancelOpenOrders = true }: KillSwitchRequest) => ({
  engaged,
  cancelOpenOrders,
});

export const riskActions = {
  setLimits: traderAction<typeof SetLimits, This>({
    params: SetLimits,
    audit: { area: 'orders', action: 'riskLimitsSet' },
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    handler(ctx): Promise<RiskView> {
      const { simulatorId, idempotencyKey, ...request } = ctx.params as Static<typeof SetLimits>;
      return this.risk.setLimits(callerOf(ctx), simulatorId, request, idempotencyKey);
    },
  }),
  setSwitch: traderAction<typeof SetSwitch, This>({
    params: SetSwitch,
    audit: { area: 'orders', action: 'killSwitchSet', detail: switchFacts },
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    handler(ctx): Promise<RiskView> {
      const { simulatorId, idempotencyKey, ...request } = ctx.params as Static<typeof SetSwitch>;
      return this.risk.setSwitch(callerOf(ctx), simulatorId, request, idempotencyKey);
    },
  }),
  setAccountSwitch: traderAction<typeof KillSwitchRequest, This>({
    params: KillSwitchRequest,
    audit: { area: 'orders', action: 'killSwitchSet', detail: switchFacts },
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    handler(ctx): Promise<Told> {
      return this.risk.setAccountSwitch(callerOf(ctx), ctx.params as KillSwitchRequest);
    },
  }),
  switches: traderAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    async handler(ctx) {
      return { items: await this.risk.switches(callerOf(ctx)) };
    },
  }),
  /** The operator's. Not reachable from the gateway: no route names it. */
  kill: openAction<typeof Kill, This>({
    params: Kill,
    audit: {
      area: 'orders',
      action: 'killSwitchSet',
      account: ({ scope, id }) => (scope === 'account' ? id : null),
      detail: ({ scope, ...request }) => ({ scope, ...switchFacts(request) }),
    },
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    async handler({ params }): Promise<Told | RiskView> {
      const { scope, id = '', ...request } = params as Static<typeof Kill>;
      if ((id === '') !== (scope === 'global')) {
        const message = scope === 'global' ? 'has no place here' : `names the ${scope}`;
        throw problem('validationFailed', { errors: [{ path: 'id', message }] });
      }
      if (scope !== 'simulator') {
        return this.switchboard.change(scope, id, 'operator', request);
      }
      const address = await addressOf(this.broker, id);
      return this.risk.setSwitchOf({ ...address, correlationId: newId() }, request);
    },
  }),
  /** For a simulator that has begun with another's past. */
  tellSwitches: openAction<typeof OneSimulator, This>({
    params: OneSimulator,
    timeoutMs: 2 * TIMEOUT_MS,
    async handler({ params }) {
      await this.switchboard.tellOf(params);
      return null;
    },
  }),
  /** The operator's, like `kill`: ends the halt that a quarantined command has left. */
  unhalt: openAction<typeof Unhalt, This>({
    params: Unhalt,
    audit: { area: 'orders', action: 'simulatorUnhalted' },
    timeoutMs: TIMEOUT_MS,
    log: 'info',
    async handler({ params: { id, reason } }) {
      const address = await addressOf(this.broker, id);
      await this.risk.unhalt({ ...address, correlationId: newId() }, reason);
      return null;
    },
  }),
};

async function addressOf(broker: ServiceBroker, simulatorId: string): Promise<Address> {
  const row = await broker.database
    .selectFrom('simulators')
    .select(['account_id', 'state'])
    .where('id', '=', simulatorId)
    .executeTakeFirst();
  if (!row) throw problem('notFound');
  if (row.state === 'stopped') throw problem('simulatorStopped');
  return { simulatorId, accountId: row.account_id };
}

/** With which the house speaks for an account. */
export const operatorTokens = (broker: ServiceBroker) => async (accountId: string) => {
  const call = broker.call<{ token: string }, object>('identity.operatorToken', { accountId });
  return (await call).token;
};

/** @param report  For what an operator must hear of. */
export function riskDesk(
  broker: ServiceBroker,
  intake: Intake,
  report: SwitchboardSources['report'],
): RiskVars {
  const { database } = broker;
  const operatorToken = operatorTokens(broker);
  const switchboard = new Switchboard({
    keep: (change) => kept.keepSwitch(database, change, Date.now()),
    switchesOf: (accountId) => kept.switchesOf(database, accountId),
    simulatorsUnder: (each) => kept.simulatorsUnder(database, each),
    operatorToken,
    store: async (envelope, body, token) => {
      if (!(await intake.store(envelope, body, token))) throw problem('unavailable');
    },
    report,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
  });
  const risk = new RiskDesk(intake, {
    venues: venueDirectory(broker),
    risk: ({ simulatorId, accountId }) =>
      askWorker(broker, simulatorId, 'simulator.risk', { accountId }),
    operatorToken,
    switchboard,
  });
  return { risk, switchboard };
}

/**
 * Tells what may not have been told: the process that was at it may be gone. One that stops leaves
 * it to whoever starts next, without a word.
 */
export async function tellAgain(
  broker: ServiceBroker,
  switchboard: Pick<Switchboard, 'tell'>,
  report: SwitchboardSources['report'],
): Promise<void> {
  try {
    await broker.waitForServices(['identity']);
    if (broker.stopping) return;
    const since = Date.now() - TELL_AGAIN_MS;
    for (const each of await kept.switchesToTell(broker.database, since)) {
      if (broker.stopping) return;
      await switchboard.tell(each);
    }
  } catch (error) {
    if (broker.stopping) return;
    report({ err: error }, 'kill switches not told again, set those that matter again');
  }
}
