/**
 * `auth: 'trader'`: the access token in `ctx.meta.token` is verified in the process that serves the
 * action, because `ctx.meta` can be written by whoever reaches the transporter.
 */
import type { Middleware } from 'moleculer';
import type { BoundHandler } from '../action.ts';

export function authentication(): Middleware {
  return {
    name: 'Authentication',
    localAction(inner, action) {
      const next = inner as unknown as BoundHandler;
      if (action.auth === undefined) return inner;
      // A misspelt value must not open the door.
      if (action.auth !== 'trader')
        throw new TypeError(`${action.name} has an unknown auth value.`);
      return async (ctx) => {
        ctx.locals.principal = await ctx.broker.tokens.verify(ctx.meta.token);
        return next(ctx);
      };
    },
  };
}
