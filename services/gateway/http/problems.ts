/** Any error -> an RFC 9457 problem document. Nothing else of the error leaves the house. */
import { PROBLEMS, type Problem, type ProblemCode } from '@sandpit/schemas/problem.ts';
import { codeOf, type ProblemData } from '../../platform/errors.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** moleculer-web's own error types, where ours do not cover them. */
const FROM_HTTP: Readonly<Record<string, ProblemCode>> = {
  NOT_FOUND: 'notFound',
  UNABLE_DECODE_PARAM: 'notFound',
};

export function problemOf(error: unknown, correlationId: string): Problem {
  const type = (error as { type?: unknown } | null)?.type;
  const code = (typeof type === 'string' && FROM_HTTP[type]) || codeOf(error);
  const [status, sentence] = PROBLEMS[code];
  // Only an error that was written for the reader may speak to the reader.
  const isOurs = type === code;
  const { message, data } = (error ?? {}) as { message?: string; data?: ProblemData };
  const isDefect = code === 'internalError';
  return {
    type: `urn:sandpit:problem:${code}`,
    title: titleOf(code),
    status,
    code,
    detail: isOurs && !isDefect && message ? message : sentence,
    correlationId,
    ...(isOurs && data ? detailsOf(data) : {}),
  };
}

/** An allow-list: whatever else an error carries stays inside. */
function detailsOf({ errors, commandId, retryAfterSeconds }: ProblemData): Partial<Problem> {
  return {
    ...(errors && { errors: errors.map(({ path, message }) => ({ path, message })) }),
    ...(commandId !== undefined && { commandId }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** `orderGateClosed` -> "Order gate closed". */
function titleOf(code: ProblemCode): string {
  const words = code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0].toUpperCase() + words.slice(1);
}
