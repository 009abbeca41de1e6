/** A connection with the one credential that may rewrite and shorten the log, for as long as a command takes. */
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import type { ServiceBroker } from 'moleculer';
import { readCreds } from '../../platform/middlewares/connections.ts';
import { OperatorError } from '../command.ts';

const PATIENCE_MS = 5_000;

/** @throws OperatorError when the credential is not there. */
export async function asArchivist<Result>(
  { config }: ServiceBroker,
  work: (bus: NatsBus) => Promise<Result>,
): Promise<Result> {
  const { servers, credsFile, archivistCredsFile } = config.nats;
  if (credsFile !== null && archivistCredsFile === null) {
    throw new OperatorError(
      'This needs the archivist’s credential.',
      'Name its file in NATS_ARCHIVIST_CREDS.',
    );
  }
  const creds = readCreds(archivistCredsFile, 'NATS_ARCHIVIST_CREDS');
  const bus = await connectBus({
    servers: [...servers],
    name: `${config.nodeId}-archivist`,
    inboxPrefix: '_INBOX_archivist',
    patienceMs: PATIENCE_MS,
    ...(creds && { creds }),
  });
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}
