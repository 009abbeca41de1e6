/** Makes the demo trader when there is none: `DATABASE_URL`, `DEMO_EMAIL` and `DEMO_PASSWORD` say who. */
import { ensureUser } from '../../services/identity/users.ts';
import { createDatabase } from '../../services/platform/database.ts';

const { DATABASE_URL, DEMO_EMAIL, DEMO_PASSWORD } = process.env;
if (!DATABASE_URL || !DEMO_EMAIL || !DEMO_PASSWORD) {
  throw new Error('DATABASE_URL, DEMO_EMAIL and DEMO_PASSWORD must be set.');
}

const database = createDatabase({
  url: DATABASE_URL,
  connectionsMax: 2,
  applicationName: 'sandpit-first-run',
  onError: (error) => console.error(error.message),
});
try {
  const trader = { email: DEMO_EMAIL, password: DEMO_PASSWORD };
  const { created } = await ensureUser(database, trader);
  console.log(created ? 'made the demo trader' : 'the demo trader is there');
} finally {
  await database.destroy();
}
