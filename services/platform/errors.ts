/**
 * Errors between services: Moleculer errors whose `type` is a code of `PROBLEMS`. The class does not
 * survive the wire, the `type` does, so readers match on that (`codeOf`).
 */

import { PROBLEMS, type ProblemCode } from '@sandpit/schemas/problem.ts';
import { Errors } from 'moleculer';

export interface FieldError {
  path: string;
  message: string;
}

export interface ProblemDetails {
  /** What to do about it; the sentence of the code when absent. */
  detail?: string | undefined;
  errors?: readonly FieldError[] | undefined;
  retryAfterSeconds?: number | undefined;
  commandId?: string | undefined;
  /** Kept on the error for the log; never sent. */
  cause?: unknown;
}

/** What travels in `data`; the gateway puts it into the problem document. */
export type ProblemData = Omit<ProblemDetails, 'cause' | 'detail'>;

/**
 * The error for a code. 4xx are never retried; `unavailable` is retryable; `outcomeUnknown` and
 * `internalError` are not, because the work may have been done.
 */
export function problem(code: ProblemCode, details: ProblemDetails = {}): Errors.MoleculerError {
  const { cause, detail, ...rest } = details;
  const [status, sentence] = PROBLEMS[code];
  const data = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as ProblemData;
  const error = new (classOf(code, status))(detail ?? sentence, status, code, data);
  if (cause !== undefined) {
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  }
  return error;
}

function classOf(code: ProblemCode, status: number) {
  if (status < 500) return Errors.MoleculerClientError;
  return code === 'unavailable' ? Errors.MoleculerRetryableError : Errors.MoleculerError;
}

/** Moleculer's own error types, as codes of ours. */
const FROM_MOLECULER = new Map<string, ProblemCode>(
  Object.entries({
    VALIDATION_ERROR: 'validationFailed',
    REQUEST_TIMEOUT: 'unavailable',
    REQUEST_SKIPPED: 'unavailable',
    REQUEST_REJECTED: 'unavailable',
    SERVICE_NOT_FOUND: 'unavailable',
    SERVICE_NOT_AVAILABLE: 'unavailable',
    BAD_GATEWAY: 'unavailable',
    QUEUE_FULL: 'rateLimited',
  }),
);

/** The problem code of any error; `internalError` for what nobody foresaw. */
export function codeOf(error: unknown): ProblemCode {
  const type = (error as { type?: unknown } | null)?.type;
  if (typeof type !== 'string') return 'internalError';
  if (Object.hasOwn(PROBLEMS, type)) return type as ProblemCode;
  return FROM_MOLECULER.get(type) ?? 'internalError';
}

/** True for errors that say nothing about the system's health: refusals and other owners. */
export function isExpected(error: unknown): boolean {
  return PROBLEMS[codeOf(error)][0] < 500;
}
