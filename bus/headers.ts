/** Message headers, spelt once: NATS keeps their case. */
export const HEADERS = {
  correlationId: 'Sandpit-Correlation-Id',
  /** The access token of whoever asked; the worker verifies it. Never stored in a record. */
  authorization: 'Sandpit-Authorization',
  contentType: 'Content-Type',
  schema: 'Sandpit-Schema',
} as const;
