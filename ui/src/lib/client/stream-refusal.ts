/** Why a stream was not opened, and when to come back. */
import { ApiError, isProblem } from './api-error.ts';

export const MAX_TOLD_WAIT_MS = 30_000;

/** What a refusal says, within reason. */
export const toldWaitMs = (error: unknown): number =>
  Math.min((error instanceof ApiError && error.retryAfterMs) || 0, MAX_TOLD_WAIT_MS);

export function problemOf(status: number, body: string): ApiError {
  const words = 'This simulator cannot be opened.';
  return problemIn(body) ?? new ApiError('notFound', words, { status });
}

/** The problem document in a body, null when it is something else. */
export function problemIn(body: string): ApiError | null {
  try {
    const value: unknown = JSON.parse(body);
    return isProblem(value) ? new ApiError(value.code, value.detail, value) : null;
  } catch {
    return null;
  }
}
