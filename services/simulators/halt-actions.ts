/** Actions of `simulators` that halt an instrument and open it again. */
import { HaltRequest } from '@sandpit/schemas/http.ts';
import type { HaltReason } from '@sandpit/schemas/session.ts';
import { Id, InstrumentSymbol } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { type TraderContext, traderAction } from '../platform/action.ts';
import { callerOf } from '../platform/caller.ts';
import { venueDirectory } from '../platform/venues.ts';
import type { SimulatorManager } from './manager.ts';

type This = Service & { manager: SimulatorManager };

const HALT_TIMEOUT_MS = 5_000;
const area = 'simulators';
const closed = { additionalProperties: false };
const BySymbol = Type.Object({ id: Id, symbol: InstrumentSymbol }, closed);
const Halt = Type.Object({ ...BySymbol.properties, ...HaltRequest.properties }, closed);

export const haltActions = {
  halt: traderAction<typeof Halt, This>({
    params: Halt,
    audit: { area, action: 'instrumentHalted', detail: ({ symbol }) => ({ symbol }) },
    timeoutMs: HALT_TIMEOUT_MS,
    log: 'info',
    async handler(ctx) {
      const { id, symbol, reason = 'regulatory', seconds = null } = ctx.params;
      const body = {
        type: 'haltInstrument',
        symbol,
        reason: reason as HaltReason,
        seconds,
      } as const;
      return this.manager.changeHalt(callerOf(ctx), await venueOf(ctx, id), body);
    },
  }),
  reopen: traderAction<typeof BySymbol, This>({
    params: BySymbol,
    audit: { area, action: 'instrumentReopened', detail: ({ symbol }) => ({ symbol }) },
    timeoutMs: HALT_TIMEOUT_MS,
    log: 'info',
    async handler(ctx) {
      const { id, symbol } = ctx.params;
      const body = { type: 'reopenInstrument', symbol } as const;
      return this.manager.changeHalt(callerOf(ctx), await venueOf(ctx, id), body);
    },
  }),
};

const venueOf = (ctx: TraderContext, id: string) =>
  venueDirectory(ctx.broker).owned(id, ctx.locals.principal.accountId);
