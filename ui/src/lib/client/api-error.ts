import type { Problem, ProblemCode } from '@sandpit/schemas/problem.ts';

/** What went wrong before an answer of ours arrived: no connection, no answer in time, not ours. */
export type TransportCode = 'offline' | 'timeout' | 'badAnswer' | 'signedOut';
export type ApiErrorCode = ProblemCode | TransportCode;

const TRANSPORT: Record<TransportCode, string> = {
  offline: 'The exchange cannot be reached. Check your connection and try again.',
  timeout: 'The exchange did not answer in time. Try again.',
  badAnswer: 'The answer could not be read. Reload the page; if it stays, tell support.',
  signedOut: 'Your session has ended. Log in again.',
};

/** A request that failed, with a sentence for the trader and a code for the program. */
export class ApiError extends Error {
  readonly code: ApiErrorCode | (string & {});
  readonly status: number;
  readonly correlationId: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, extra: Partial<Problem> = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = extra.status ?? 0;
    this.correlationId = extra.correlationId ?? '';
    this.fields = Object.fromEntries(
      (extra.errors ?? []).map(({ path, message }) => [fieldName(path), message]),
    );
    this.retryAfterMs =
      extra.retryAfterSeconds === undefined ? null : extra.retryAfterSeconds * 1_000;
  }

  static transport(code: TransportCode): ApiError {
    return new ApiError(code, TRANSPORT[code]);
  }

  /** Whether the request may have been carried out although no answer says so. */
  get outcomeUnknown(): boolean {
    return (
      this.code === 'outcomeUnknown' ||
      this.code === 'timeout' ||
      this.code === 'offline' ||
      this.code === 'badAnswer' ||
      this.status >= 500
    );
  }
}

/** "/body/limitPrice", "body.limitPrice" and "limitPrice" all name the field `limitPrice`. */
function fieldName(path: string): string {
  return path.split(/[/.]/).filter(Boolean).at(-1) ?? path;
}

export function isProblem(value: unknown): value is Problem {
  const problem = value as Partial<Problem> | null;
  return typeof problem?.code === 'string' && typeof problem.detail === 'string';
}

/** A sentence for whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Error && error.message ? error.message : 'Something went wrong.';
}
