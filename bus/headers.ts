/** Message headers, spelt once: NATS keeps their case. */
export const HEADERS = {
  correlationId: 'Sandpit-Correlation-Id',
  /** The access token of whoever asked; the worker verifies it. Never stored in a record. */
  authorization: 'Sandpit-Authorization',
  /** Of a request over NATS: its name, chosen by whoever asks; comes back with the answer. */
  request: 'Sandpit-Request',
  contentType: 'Content-Type',
  schema: 'Sandpit-Schema',
  /** On records that begin a fork: while the newest one has it, the log is not complete. */
  forking: 'Sandpit-Forking',
  /** On records written again from the archive: the stream sequence at which they stood before. */
  restored: 'Sandpit-Restored',
} as const;
