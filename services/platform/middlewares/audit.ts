/**
 * `audit` on an action: every call of it that was valid leaves an entry in the trail, whatever came of
 * it. What an action was given is never copied; `detail` picks what may be read.
 */
import type { Context, Middleware } from 'moleculer';
import type { AuditedAction, BoundHandler } from '../action.ts';
import { type AuditNote, auditOf } from '../audit.ts';
import { codeOf } from '../errors.ts';
import { OPERATOR_USER_ID, type Principal } from '../tokens.ts';

const CLOSE_PATIENCE_MS = 1_000;

type Call = Context<Record<string, unknown>, { correlationId?: string }, { principal?: Principal }>;

export function audit(): Middleware {
  return {
    name: 'Audit',
    localAction(inner, action) {
      const next = inner as unknown as BoundHandler;
      const audited = action.audit;
      if (!audited) return inner;
      return async (ctx) => {
        const note = (outcome: string, answer: unknown) =>
          auditOf(ctx.broker).note(noteOf(ctx as Call, audited, outcome, answer));
        let answer: unknown;
        try {
          answer = await next(ctx);
        } catch (error) {
          note(codeOf(error), undefined);
          throw error;
        }
        note('ok', answer);
        return answer;
      };
    },
    async stopped(broker) {
      await auditOf(broker).close(CLOSE_PATIENCE_MS);
    },
  };
}

function noteOf(
  { params, meta, locals }: Call,
  { area, action, subject, account, detail }: AuditedAction,
  outcome: string,
  answer: unknown,
): AuditNote {
  const { principal } = locals;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const { id, simulatorId, accountId } = params;
  return {
    area,
    action,
    actor: principal && principal.userId !== OPERATOR_USER_ID ? 'trader' : 'operator',
    accountId: principal?.accountId ?? text(account?.(params)) ?? text(accountId),
    subjectId: text(subject?.(params, answer)) ?? text(simulatorId) ?? text(id),
    outcome,
    correlationId: meta.correlationId ?? null,
    detail: detail?.(params, answer) ?? {},
  };
}
