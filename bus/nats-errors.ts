/** The server's answers, as the five ways in which a bus call fails. */
import { BusError, type BusFailure } from './bus.ts';

/** `error` of a JetStream API answer or publish acknowledgement. */
export interface ServerError {
  code: number;
  err_code?: number;
  description?: string;
}

/** Codes of server/errors.json that mean "somebody wrote first". 10164 is newer than 2.9. */
const CONFLICT_CODES = new Set([10071, 10164]);
/** "maximum messages per subject exceeded" is 10077 with these texts; so are the other limits. */
const FULL_CODE = 10077;
const FULL_TEXT = /maximum (messages|bytes)|resources? limit|insufficient (storage|resources)/i;
const FULL_CODES = new Set([10023, 10028, 10047]);

export function failureOf({ code, err_code = 0, description = '' }: ServerError): BusFailure {
  if (CONFLICT_CODES.has(err_code)) return 'conflict';
  if (FULL_CODES.has(err_code)) return 'full';
  if (err_code === FULL_CODE && FULL_TEXT.test(description)) return 'full';
  if (code === 503 || code === 408) return 'unavailable';
  return 'refused';
}

export function serverError(subject: string, error: ServerError): BusError {
  const text = `${subject}: ${error.description ?? 'refused'} (${error.err_code ?? error.code}).`;
  return new BusError(failureOf(error), text, error);
}

/** Server error number of a failed call, 0 when it has none. */
export const errorNumber = (error: unknown): number =>
  error instanceof BusError ? ((error.cause as ServerError | undefined)?.err_code ?? 0) : 0;
