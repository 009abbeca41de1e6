/** Credentials with which a trader's own programs follow its events and market data over NATS. */
import { readFile } from 'node:fs/promises';
import { traderSubjects } from '@sandpit/bus/security/permissions.ts';
import { issueTraderCredential } from '@sandpit/bus/security/trader-credential.ts';
import type { NatsCredential } from '@sandpit/schemas/http.ts';
import { type Kysely, sql } from 'kysely';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { NatsCredentialsTable } from './tables.ts';

export const CREDENTIALS_MAX = 10;
/** Short, because the server learns of a revocation only when its accounts are written again. */
export const CREDENTIAL_LIFE_MS = 7 * 86_400_000;

type Db = Kysely<Database>;
type Nats = Config['nats'];

/** @throws problem `quotaExceeded`; `unavailable` where the signing seed is not set up. */
export async function createCredential(
  db: Db,
  nats: Nats,
  { accountId, name, nowMs }: { accountId: string; name: string; nowMs: number },
): Promise<NatsCredential> {
  const signing = await signingOf(nats);
  const expiresAt = new Date(nowMs + CREDENTIAL_LIFE_MS);
  const issued = await issueTraderCredential({ ...signing, accountId, name, expiresAt });
  const row = await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 3))`.execute(tx);
    await refuseTooMany(tx, accountId, nowMs);
    return tx
      .insertInto('nats_credentials')
      .values({
        id: newId(),
        account_id: accountId,
        name,
        public_key: issued.publicKey,
        created_at: new Date(nowMs),
        expires_at: expiresAt,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return { ...view(row, nats), creds: issued.creds };
}

/** Those that still work, newest first. */
export async function listCredentials(
  db: Db,
  nats: Nats,
  { accountId, nowMs }: { accountId: string; nowMs: number },
): Promise<NatsCredential[]> {
  const rows = await working(db, accountId, nowMs)
    .selectAll()
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => view(row, nats));
}

/** @throws problem `notFound`, also for somebody else's. */
export async function revokeCredential(
  db: Db,
  { accountId, id, nowMs }: { accountId: string; id: string; nowMs: number },
): Promise<{ publicKey: string }> {
  const row = await db
    .updateTable('nats_credentials')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, ${new Date(nowMs)})` })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning('public_key as publicKey')
    .executeTakeFirst();
  if (!row) throw problem('notFound');
  return row;
}

/** Public keys that the NATS accounts must list as revoked: withdrawn before they ran out. */
export async function revokedPublicKeys(db: Db, nowMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('nats_credentials')
    .select('public_key')
    .where('revoked_at', 'is not', null)
    .where('expires_at', '>', new Date(nowMs))
    .execute();
  return rows.map((row) => row.public_key);
}

function working(db: Db, accountId: string, nowMs: number) {
  return db
    .selectFrom('nats_credentials')
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', new Date(nowMs));
}

async function refuseTooMany(tx: Db, accountId: string, nowMs: number): Promise<void> {
  const { count } = await working(tx, accountId, nowMs)
    .select((e) => e.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) < CREDENTIALS_MAX) return;
  throw problem('quotaExceeded', {
    detail: `You have ${CREDENTIALS_MAX} working credentials, which is the most. Revoke one first.`,
  });
}

async function signingOf(nats: Nats) {
  if (!nats.appSigningSeedFile || !nats.appAccountId) {
    throw problem('unavailable', {
      detail: 'This system does not issue NATS credentials: its signing seed is not set up.',
    });
  }
  const accountSigningSeed = await readFile(nats.appSigningSeedFile, 'utf8');
  return { accountSigningSeed, appAccountId: nats.appAccountId };
}

function view(row: NatsCredentialsTable, nats: Nats): NatsCredential {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    servers: [nats.publicUrl],
    subjects: traderSubjects(row.account_id),
  };
}
