/** Order intake. Everything about an order that is not the venue's own business. */

import { BusError } from '@sandpit/bus/bus.ts';
import { laneOf } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { Gate, PositionView } from '@sandpit/schemas/http.ts';
import {
  ClosePositionSubmission,
  OrderListSubmission,
  OrderSubmission,
  ReplaceSubmission,
  unstamped,
} from '@sandpit/schemas/http.ts';
import { Side } from '@sandpit/schemas/order.ts';
import { Id, InstrumentSymbol } from '@sandpit/schemas/units.ts';
import type { Service, ServiceBroker, ServiceSchema, ServiceSettingSchema } from 'moleculer';
import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import { traderAction } from '../platform/action.ts';
import { guarded } from '../platform/breakers.ts';
import { type Caller, callerOf } from '../platform/caller.ts';
import { outcomeWaiter } from '../platform/outcomes.ts';
import { askWorker } from '../platform/owners.ts';
import { type VenueInfo, venueDirectory } from '../platform/venues.ts';
import { type DeskSources, OrderDesk } from './desk.ts';
import { GateCache } from './gate-cache.ts';
import { Intake, type PublishCommand } from './intake.ts';
import { operatorTokens, type RiskVars, riskActions, riskDesk, tellAgain } from './risk-actions.ts';
import { StandIn, type StandInVars, standInActions } from './stand-in.ts';

/** Longer than the wait for the outcome, so that the honest `outcomeUnknown` arrives first. */
const ACTION_TIMEOUT_MS = 5_000;
const PUBLISHES_AT_ONCE = 1_000;
/** Most of an order's time is waiting for its record, so many may be under way. */
const BULKHEAD = { enabled: true, concurrency: 1_000, maxQueueSize: 100 };

const IdempotencyKey = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
const closed = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });
const Submit = closed({ simulatorId: Id, ...OrderSubmission.properties });
const Cancel = closed({ simulatorId: Id, orderId: Id, idempotencyKey: IdempotencyKey });
const Replace = closed({ ...Cancel.properties, ...ReplaceSubmission.properties });
const SubmitList = closed({ simulatorId: Id, ...OrderListSubmission.properties });
const CancelList = closed({ simulatorId: Id, listId: Id, idempotencyKey: IdempotencyKey });
const ClosePosition = closed({
  simulatorId: Id,
  symbol: InstrumentSymbol,
  ...ClosePositionSubmission.properties,
});
const CancelAll = closed({
  simulatorId: Id,
  symbol: Type.Optional(InstrumentSymbol),
  side: Type.Optional(Side),
  idempotencyKey: IdempotencyKey,
});

type Vars = { desk: OrderDesk } & RiskVars & StandInVars;
type OrdersService = Service & Vars;

type Run<Params extends TSchema> = (
  desk: OrderDesk,
  caller: Caller,
  params: Static<Params>,
) => Promise<unknown>;

/** An action that the desk answers. */
function deskAction<Params extends TSchema>(params: Params, run: Run<Params>) {
  return traderAction<Params, OrdersService>({
    params,
    timeoutMs: ACTION_TIMEOUT_MS,
    bulkhead: BULKHEAD,
    handler(ctx) {
      return run(this.desk, callerOf(ctx), ctx.params);
    },
  });
}

/** One that ends in a record of the log. */
const command = <Params extends TSchema>(params: Params, run: Run<Params>) => ({
  ...deskAction(params, run),
  log: 'info' as const,
});

/** @param reverse  Turns the position instead of closing it. */
const leave = (reverse: boolean) =>
  command(ClosePosition, (desk, caller, { simulatorId, symbol, clientOrderId, ...stamp }) =>
    desk.closePosition(caller, simulatorId, symbol, clientOrderId, reverse, stamp),
  );

const orders: ServiceSchema<ServiceSettingSchema, object, Vars, OrdersService> = {
  name: 'orders',

  actions: {
    ...riskActions,
    ...standInActions,
    submit: command(Submit, (desk, caller, { simulatorId, ...given }) => {
      const { request, stamp } = unstamped(given);
      return desk.submit(caller, simulatorId, request, stamp);
    }),
    preview: deskAction(Submit, (desk, caller, { simulatorId, ...given }) =>
      desk.preview(caller, simulatorId, unstamped(given).request),
    ),
    previewList: deskAction(SubmitList, (desk, caller, { simulatorId, ...given }) =>
      desk.previewList(caller, simulatorId, unstamped(given).request),
    ),
    cancel: command(Cancel, (desk, caller, { simulatorId, orderId, idempotencyKey }) =>
      desk.cancel(caller, simulatorId, orderId, idempotencyKey),
    ),
    replace: command(
      Replace,
      (desk, caller, { simulatorId, orderId, idempotencyKey, ...given }) => {
        const { request, stamp } = unstamped(given);
        return desk.replace(caller, simulatorId, orderId, request, idempotencyKey, stamp);
      },
    ),
    submitList: command(SubmitList, (desk, caller, { simulatorId, ...given }) => {
      const { request, stamp } = unstamped(given);
      return desk.submitList(caller, simulatorId, request, stamp);
    }),
    cancelList: command(CancelList, (desk, caller, { simulatorId, listId, idempotencyKey }) =>
      desk.cancelList(caller, simulatorId, listId, idempotencyKey),
    ),
    closePosition: leave(false),
    reversePosition: leave(true),
    cancelAll: command(CancelAll, (desk, caller, { simulatorId, idempotencyKey, ...selection }) =>
      desk.cancelAll(caller, simulatorId, selection, idempotencyKey),
    ),
  },

  started(this: OrdersService) {
    const { broker } = this;
    // What reduces risk has a guard of its own, as it has a lane: orders under way do not use it up.
    const lanes = {
      order: guardedLane(broker, 'commands'),
      cancel: guardedLane(broker, 'cancels'),
    };
    const publish: PublishCommand = (subject, body, options) =>
      lanes[laneOf((body as Command).body.type)](subject, body, options);
    const intake = new Intake(publish, outcomeWaiter(broker));
    this.desk = new OrderDesk(intake, sourcesOf(broker));
    const report = (fields: object, message: string) => this.logger.error(fields, message);
    Object.assign(this, riskDesk(broker, intake, report));
    this.standIn = new StandIn(intake, operatorTokens(broker));
    // Not waited for: it needs the identity service, which may start later, and the log.
    void tellAgain(broker, this.switchboard, report);
  },
};

const guardedLane = (broker: ServiceBroker, name: string): PublishCommand =>
  guarded(name, broker.bus.publish.bind(broker.bus), {
    timeoutMs: false,
    capacity: PUBLISHES_AT_ONCE,
    isFailure: (error) =>
      error instanceof BusError && (error.failure === 'unknown' || error.failure === 'unavailable'),
  });

function sourcesOf(broker: ServiceBroker): DeskSources {
  const who = ({ simulatorId, accountId }: VenueInfo) => ({ simulatorId, accountId });
  const gates = new GateCache();
  return {
    venues: venueDirectory(broker),
    gate: (caller, sessionId) =>
      gates.get(sessionId, () =>
        broker.call<Gate, { id: string }>(
          'sessions.gate',
          { id: sessionId },
          { meta: { token: caller.token, correlationId: caller.correlationId } },
        ),
      ),
    order: (venue, orderId) =>
      askWorker(broker, venue.simulatorId, 'simulator.order', { ...who(venue), orderId }),
    preview: (venue, ticket) =>
      askWorker(broker, venue.simulatorId, 'simulator.preview', { ...who(venue), ticket }),
    previewList: (venue, list) =>
      askWorker(broker, venue.simulatorId, 'simulator.previewList', { ...who(venue), ...list }),
    positions: async (venue) => {
      const { items } = await askWorker<{ items: PositionView[] }>(
        broker,
        venue.simulatorId,
        'simulator.positions',
        who(venue),
      );
      return items;
    },
  };
}
export default orders;
