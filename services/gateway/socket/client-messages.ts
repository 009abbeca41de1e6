/** What a client sent -> a message of ours, or a problem that says what is wrong with it. */
import { SocketAuthenticate, type SocketMessage, SocketRequest } from '@sandpit/schemas/socket.ts';
import { Compile } from 'typebox/compile';
import { problem } from '../../platform/errors.ts';
import { fieldErrors } from '../../platform/field-errors.ts';

const checks = { authenticate: Compile(SocketAuthenticate), request: Compile(SocketRequest) };

/**
 * The value in a message, not checked yet.
 *
 * @throws problem `malformedJson`
 */
export function readMessage(bytes: Buffer, isBinary: boolean): Record<string, unknown> {
  if (isBinary) throw problem('malformedJson', { detail: 'Send JSON as text, not as binary.' });
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw problem('malformedJson', { detail: 'The message is not valid JSON.', cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw problem('malformedJson', { detail: 'Send a JSON object.' });
}

/** @throws problem `validationFailed` */
export function checkMessage(value: Record<string, unknown>): SocketMessage {
  const { type } = value;
  if (type !== 'authenticate' && type !== 'request') {
    const message = 'is "authenticate" or "request"';
    throw problem('validationFailed', { errors: [{ path: 'type', message }] });
  }
  const check = checks[type];
  if (check.Check(value)) return value as SocketMessage;
  throw problem('validationFailed', { errors: fieldErrors(check.Errors(value)) });
}
