/** Revoked NATS credentials reach the run's own server within seconds: only here is the key for it. */
import { createNatsHome } from '@sandpit/bus/security/nats-home.ts';
import { revokeUsers } from '@sandpit/bus/security/revoke.ts';
import { watchRevocations } from '../../services/identity/revocation-watch.ts';
import { createDatabase } from '../../services/platform/database.ts';
import type { House } from './house.ts';
import { variablesOf } from './run-environment.ts';

/** @returns what ends it; nothing to do with a NATS server of the user's own. */
export async function followRevocations({ layout, ports, screen }: House): Promise<() => void> {
  if (process.env.NATS_URL) return () => {};
  const home = await createNatsHome(layout.nats, { port: ports.nats, httpPort: ports.natsMonitor });
  const database = createDatabase({
    url: variablesOf(layout, 'doors').DATABASE_URL,
    connectionsMax: 1,
    applicationName: 'sandpit-revocations',
    // The next look says whether it is back.
    onError: () => {},
  });
  let warned = false;
  const watch = watchRevocations({
    database,
    revoke: (publicKeys) => revokeUsers(layout.nats, home, publicKeys),
    onError: (error) => {
      if (!warned) screen.warn(`Revoking NATS credentials fails: ${(error as Error).message}`);
      warned = true;
    },
  });
  return () => void watch.stop().then(() => database.destroy());
}
