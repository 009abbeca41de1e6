/** One correlation id through every call and log line, and one line per call in the log. */
import { performance } from 'node:perf_hooks';
import type { Context, Middleware } from 'moleculer';
import type { BoundHandler } from '../action.ts';
import { codeOf, isExpected } from '../errors.ts';

const CORRELATION_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** Calls whose line is written at level info: what traders ask of their money. */
const NOTED = /^orders\./;

export function correlation(): Middleware {
  return {
    name: 'Correlation',
    localAction(inner, action) {
      const next = inner as unknown as BoundHandler;
      const name = action.name ?? '';
      if (name.startsWith('$')) return inner;
      const level = action.log ?? (NOTED.test(name) ? 'info' : 'debug');
      return async (ctx) => {
        identify(ctx);
        const startedMs = performance.now();
        try {
          const answer = await next(ctx);
          ctx.broker.logger[level](fields(ctx, name, startedMs), 'called');
          return answer;
        } catch (error) {
          report(ctx, name, startedMs, error, level);
          throw error;
        }
      };
    },
  };
}

/** Takes the caller's id when it is a plain one, else the request id without its dashes. */
function identify(ctx: Context<unknown, { correlationId?: unknown }>): void {
  const given = ctx.meta.correlationId;
  if (typeof given === 'string' && CORRELATION_ID.test(given)) return;
  ctx.meta.correlationId = (ctx.requestID ?? ctx.id).replaceAll('-', '');
}

type Call = Context<unknown, { correlationId?: unknown }, Record<string, unknown>>;

function fields(ctx: Call, action: string, startedMs: number): Record<string, unknown> {
  const principal = ctx.locals.principal as { accountId: string } | undefined;
  return {
    action,
    correlationId: ctx.meta.correlationId,
    accountId: principal?.accountId,
    durationMs: Math.round((performance.now() - startedMs) * 1_000) / 1_000,
  };
}

function report(
  ctx: Call,
  action: string,
  startedMs: number,
  error: unknown,
  level: 'debug' | 'info',
): void {
  const facts = { ...fields(ctx, action, startedMs), code: codeOf(error) };
  if (isExpected(error)) ctx.broker.logger[level](facts, 'refused');
  else ctx.broker.logger.error({ ...facts, err: error }, 'failed');
}
