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
          later(ctx, name, elapsedMs(startedMs), level);
          return answer;
        } catch (error) {
          report(ctx, name, elapsedMs(startedMs), error, level);
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

/** Errors written in full already, by the inner call that met them first. */
const reported = new WeakSet<object>();

function wasReported(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (reported.has(error)) return true;
  reported.add(error);
  return false;
}

type Call = Context<unknown, { correlationId?: unknown }, Record<string, unknown>>;

/** The answer goes out first; writing a line takes as long as a small call. */
function later(ctx: Call, name: string, durationMs: number, level: 'debug' | 'info'): void {
  setImmediate(() => ctx.broker.logger[level](fields(ctx, name, durationMs), 'called'));
}

const elapsedMs = (sinceMs: number) => Math.round((performance.now() - sinceMs) * 1_000) / 1_000;

function fields(ctx: Call, action: string, durationMs: number): Record<string, unknown> {
  const principal = ctx.locals.principal as { accountId: string } | undefined;
  return {
    action,
    correlationId: ctx.meta.correlationId,
    accountId: principal?.accountId,
    durationMs,
  };
}

function report(
  ctx: Call,
  action: string,
  durationMs: number,
  error: unknown,
  level: 'debug' | 'info',
): void {
  const { logger } = ctx.broker;
  const facts = { ...fields(ctx, action, durationMs), code: codeOf(error) };
  if (isExpected(error)) {
    logger[level](facts, 'refused');
  } else if (wasReported(error)) {
    logger[level](facts, 'failed');
  } else {
    // An outage is a warning here: the breaker and readiness raise the alarm.
    const severity = facts.code === 'internalError' ? 'error' : 'warn';
    logger[severity]({ ...facts, err: error }, 'failed');
  }
}
