/**
 * What a program asks over NATS, and what it is answered. Request and answer are JSON; the subject says
 * whose simulator and which operation, headers who asks, and under which name.
 */
import Type, { type Static } from 'typebox';
import { operationParts, RequestId } from './operations.ts';
import { Timestamp } from './units.ts';

/** Bytes of a request: a REST body of 16 KiB and what stands around it. */
export const REQUEST_BYTES_MAX = 17 * 1024;

export const NatsRequest = Type.Object(operationParts, {
  $id: 'NatsRequest',
  additionalProperties: false,
});
export type NatsRequest = Static<typeof NatsRequest>;

export const NatsAnswer = Type.Object(
  {
    request: Type.Union([RequestId, Type.Null()], {
      description: 'Of the header `Sandpit-Request`; null when it was missing or cannot be a name.',
    }),
    operation: Type.String({ description: 'As the subject of the request said.' }),
    status: Type.Integer({ description: 'As over HTTP; a problem document from 400 on.' }),
    at: Type.Unsafe<string>({ ...Timestamp, description: 'The time here when it was answered.' }),
    data: Type.Unknown({ description: 'As the body of the REST answer.' }),
  },
  { $id: 'NatsAnswer' },
);
export type NatsAnswer = Static<typeof NatsAnswer>;
