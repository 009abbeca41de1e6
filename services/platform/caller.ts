/** On whose behalf a call publishes commands. */
import type { TraderContext } from './action.ts';

export interface Caller {
  accountId: string;
  /** The trader's access token, for the services that verify it once more. */
  token: string;
  correlationId: string;
}

export const callerOf = (ctx: TraderContext): Caller => ({
  accountId: ctx.locals.principal.accountId,
  token: ctx.meta.token ?? '',
  correlationId: ctx.meta.correlationId ?? ctx.id.replaceAll('-', ''),
});
