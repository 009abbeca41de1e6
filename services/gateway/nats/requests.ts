/** A message of a program -> a request of ours, or a problem that says what is wrong with it. Pure. */
import type { LiveMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { parseRequest, type RequestSubject } from '@sandpit/bus/subjects.ts';
import { NatsRequest, REQUEST_BYTES_MAX } from '@sandpit/schemas/nats-requests.ts';
import { OPERATIONS, type OperationName, RequestId } from '@sandpit/schemas/operations.ts';
import { Id } from '@sandpit/schemas/units.ts';
import { Compile } from 'typebox/compile';
import { problem } from '../../platform/errors.ts';
import { fieldErrors } from '../../platform/field-errors.ts';

const isId = Compile(Id);
const isRequestId = Compile(RequestId);
const request = Compile(NatsRequest);

/** Whom an answer can be sent to; null when the subject names nobody. */
export function addressOf({ subject }: LiveMessage): RequestSubject | null {
  const address = parseRequest(subject);
  const isNamed = address && isId.Check(address.accountId) && isId.Check(address.simulatorId);
  return isNamed ? address : null;
}

/** The caller's name of the request, or null. */
export function requestIdOf({ headers }: LiveMessage): string | null {
  const id = headers[HEADERS.request];
  return id !== undefined && isRequestId.Check(id) ? id : null;
}

export const tokenOf = ({ headers }: LiveMessage): string | undefined =>
  headers[HEADERS.authorization]?.replace(/^Bearer /i, '');

export const isOperation = (name: string): name is OperationName => Object.hasOwn(OPERATIONS, name);

/** @throws problem `notFound` */
export function operationName(name: string): OperationName {
  if (isOperation(name)) return name;
  throw problem('notFound', {
    detail: `There is no operation ${name.slice(0, 40)} here. It takes ${Object.keys(OPERATIONS).join(', ')}.`,
  });
}

/** @throws problem `validationFailed`, `payloadTooLarge`, `malformedJson` */
export function readRequest(message: LiveMessage): NatsRequest {
  if (requestIdOf(message) === null) {
    throw faulty(HEADERS.request, 'takes a name of 1 to 64 letters, digits, _ and -');
  }
  if (message.data.length > REQUEST_BYTES_MAX) {
    throw problem('payloadTooLarge', {
      detail: `Send at most ${REQUEST_BYTES_MAX / 1_024} KiB.`,
    });
  }
  const value = bodyOf(message) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw problem('malformedJson', { detail: 'Send a JSON object.' });
  }
  if (request.Check(value)) return value;
  throw problem('validationFailed', { errors: fieldErrors(request.Errors(value)) });
}

function bodyOf(message: LiveMessage): unknown {
  try {
    return message.body;
  } catch (error) {
    throw problem('malformedJson', { detail: 'The message is not valid JSON.', cause: error });
  }
}

/**
 * Clients keep what they publish while they are cut off, and send it on later. So whatever may trade has
 * to say when it was sent; what follows from it is decided where orders are.
 *
 * @throws problem `validationFailed`
 */
export function checkStamped({ body }: NatsRequest): void {
  if (typeof body === 'object' && body !== null && 'sentAt' in body) return;
  throw faulty(
    'sentAt',
    'is needed over NATS: the time of sending, such as 2026-01-05T14:30:02.118Z',
  );
}

const faulty = (path: string, message: string) =>
  problem('validationFailed', { errors: [{ path, message }] });
