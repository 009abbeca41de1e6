/** Actions of `simulators` on its clock: stop, pause, resume, step, jump, speed. */
import {
  type ClockView,
  JumpRequest,
  type Simulator,
  SpeedRequest,
  StepRequest,
} from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { type TraderContext, traderAction } from '../platform/action.ts';
import { callerOf } from '../platform/caller.ts';
import { askWorker } from '../platform/owners.ts';
import { venueDirectory } from '../platform/venues.ts';
import { jumpOf } from './jump.ts';
import type { SimulatorManager } from './manager.ts';

type This = Service & { manager: SimulatorManager };

const CLOCK_TIMEOUT_MS = 5_000;
const area = 'simulators';
const closed = { additionalProperties: false };
const turned = {
  id: Id,
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
};
const Turn = Type.Object(turned, closed);
const Step = Type.Object({ ...turned, ...StepRequest.properties }, closed);
const Jump = Type.Object({ ...turned, ...JumpRequest.properties }, closed);
const Speed = Type.Object({ ...turned, ...SpeedRequest.properties }, closed);

const clockAction = (type: 'stop' | 'pause' | 'resume') =>
  traderAction<typeof Turn, This>({
    params: Turn,
    timeoutMs: CLOCK_TIMEOUT_MS,
    ...(type === 'stop' && { audit: { area, action: 'simulatorStopped' } }),
    async handler(ctx) {
      const { id, idempotencyKey } = ctx.params;
      const simulator = await this.manager.turn(callerOf(ctx), id, { type }, idempotencyKey);
      venueDirectory(this.broker).forget(id);
      return simulator;
    },
  });

export const clockActions = {
  stop: clockAction('stop'),
  pause: clockAction('pause'),
  resume: clockAction('resume'),
  step: traderAction<typeof Step, This>({
    params: Step,
    timeoutMs: CLOCK_TIMEOUT_MS,
    async handler(ctx) {
      const { id, idempotencyKey, unit, count = 1 } = ctx.params;
      const body = { type: 'step', unit, count } as const;
      const simulator = await this.manager.turn(callerOf(ctx), id, body, idempotencyKey);
      return { ...simulator, ...(await arrival(ctx, simulator)) };
    },
  }),
  jump: traderAction<typeof Jump, This>({
    params: Jump,
    timeoutMs: CLOCK_TIMEOUT_MS,
    async handler(ctx) {
      const { id, idempotencyKey, ...request } = ctx.params;
      const caller = callerOf(ctx);
      const { opensAtMs } = await venueDirectory(this.broker).owned(id, caller.accountId);
      const body = jumpOf(request, opensAtMs);
      const simulator = await this.manager.turn(caller, id, body, idempotencyKey);
      return { ...simulator, ...(await arrival(ctx, simulator)) };
    },
  }),
  speed: traderAction<typeof Speed, This>({
    params: Speed,
    timeoutMs: CLOCK_TIMEOUT_MS,
    async handler(ctx) {
      const { id, idempotencyKey, speed } = ctx.params;
      return this.manager.turn(callerOf(ctx), id, { type: 'speed', speed }, idempotencyKey);
    },
  }),
};

/**
 * Where the step or jump has come to: the worker answers when it is over, or after a second says how
 * far it is. Without an answer the caller looks at the clock himself.
 */
async function arrival(
  { broker, locals }: TraderContext,
  { id }: Simulator,
): Promise<{ clock?: ClockView; state?: ClockView['state'] }> {
  const { accountId } = locals.principal;
  const clock = await askWorker<ClockView>(broker, id, 'simulator.clock', { accountId }).catch(
    () => null,
  );
  return clock ? { clock, state: clock.state } : {};
}
