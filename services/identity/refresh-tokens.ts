/**
 * Refresh tokens: opaque, 256 bits, kept as SHA-256, exchanged at every use. All tokens of one log-in
 * are a family; using a spent one again revokes the family (RFC 9700, section 4.14.2).
 *
 * The exception: for ten seconds, and only while its successor is unused, a spent token gets the same
 * successor again. So several tabs that refresh at once, or a lost answer, log nobody out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { seal, unseal } from './seal.ts';
import type { RefreshTokensTable } from './tables.ts';

export const IDLE_LIFE_MS = 7 * 86_400_000;
export const FAMILY_LIFE_MS = 30 * 86_400_000;
export const REPEAT_WINDOW_MS = 10_000;
/** Log-ins of one user that stay alive; the oldest give way. */
export const FAMILIES_PER_USER_MAX = 20;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const PURPOSE = 'refresh successor';

export interface IssuedToken {
  token: string;
  userId: string;
  familyId: string;
  expiresAt: Date;
}

export type Exchange =
  | { outcome: 'issued'; issued: IssuedToken }
  /** `reused` means that the family was revoked just now. */
  | { outcome: 'rejected'; reason: 'unknown' | 'expired' | 'revoked' }
  | { outcome: 'rejected'; reason: 'reused'; familyId: string; userId: string };

type Db = Kysely<Database>;
type Row = RefreshTokensTable;

const hashOf = (token: string) => createHash('sha256').update(token).digest();
const rejected = (reason: 'unknown' | 'expired' | 'revoked'): Exchange => ({
  outcome: 'rejected',
  reason,
});

/** The first token of a new family. `retired`: log-ins that gave way, because there were too many. */
export function beginFamily(
  db: Db,
  userId: string,
  nowMs: number,
): Promise<IssuedToken & { retired: string[] }> {
  return db.transaction().execute(async (tx) => {
    const retired = await retireOldFamilies(tx, userId, nowMs);
    const family = { familyId: newId(), expiresAtMs: nowMs + FAMILY_LIFE_MS };
    return { ...(await insert(tx, userId, family, nowMs)), retired };
  });
}

/** Spends `token` for its successor, or finds out why not. */
export async function exchange(db: Db, token: string, nowMs: number): Promise<Exchange> {
  if (!TOKEN.test(token)) return rejected('unknown');
  return db.transaction().execute(async (tx) => {
    const row = await lockedRow(tx, hashOf(token));
    if (!row) return rejected('unknown');
    if (row.revoked_at) return rejected('revoked');
    if (row.spent_at) return repeat(tx, row, token, nowMs);
    if (Math.min(+row.expires_at, +row.family_expires_at) <= nowMs) return rejected('expired');
    return { outcome: 'issued', issued: await spend(tx, row, token, nowMs) };
  });
}

/** Ends the log-in that `token` belongs to, and says which; null for an unknown token. */
export async function revokeFamilyOf(
  db: Db,
  token: string,
  nowMs: number,
): Promise<{ familyId: string; userId: string } | null> {
  if (!TOKEN.test(token)) return null;
  return db.transaction().execute(async (tx) => {
    const row = await lockedRow(tx, hashOf(token));
    if (!row) return null;
    await revoke(tx, row.family_id, 'logout', nowMs);
    return { familyId: row.family_id, userId: row.user_id };
  });
}

/** Log-ins that were ended since then: their access tokens may be good yet. */
export async function endedSince(db: Db, sinceMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('refresh_tokens')
    .select('family_id')
    .distinct()
    .where('revoked_at', '>', new Date(sinceMs))
    .execute();
  return rows.map((row) => row.family_id);
}

/** Forgets families that ended more than a day ago. @returns how many tokens went. */
export async function forgetOldTokens(db: Db, nowMs: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('refresh_tokens')
    .where('family_expires_at', '<', new Date(nowMs - 86_400_000))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** One at a time per family, whichever of its tokens they hold. */
async function lockedRow(tx: Transaction<Database>, hash: Buffer): Promise<Row | undefined> {
  const find = () =>
    tx.selectFrom('refresh_tokens').selectAll().where('token_hash', '=', hash).executeTakeFirst();
  const family = (await find())?.family_id;
  if (!family) return undefined;
  await sql`select pg_advisory_xact_lock(hashtextextended(${family}, 0))`.execute(tx);
  return find();
}

async function spend(
  tx: Transaction<Database>,
  row: Row,
  token: string,
  nowMs: number,
): Promise<IssuedToken> {
  const family = { familyId: row.family_id, expiresAtMs: +row.family_expires_at };
  const issued = await insert(tx, row.user_id, family, nowMs);
  await tx
    .updateTable('refresh_tokens')
    .set({
      spent_at: new Date(nowMs),
      successor_hash: hashOf(issued.token),
      // Only who holds the old token can read the new one out of the database.
      successor_sealed: seal(Buffer.from(issued.token), Buffer.from(token), PURPOSE),
    })
    .where('token_hash', '=', row.token_hash)
    .execute();
  // This token has arrived, so its predecessor need not repeat it any more.
  await tx
    .updateTable('refresh_tokens')
    .set({ successor_sealed: null })
    .where('family_id', '=', row.family_id)
    .where('successor_hash', '=', row.token_hash)
    .execute();
  return issued;
}

/** A spent token again: a second tab or a lost answer, or a thief. */
async function repeat(
  tx: Transaction<Database>,
  row: Row,
  token: string,
  nowMs: number,
): Promise<Exchange> {
  const recent = nowMs - +row.spent_at! < REPEAT_WINDOW_MS;
  const successor = await tx
    .selectFrom('refresh_tokens')
    .selectAll()
    .where('token_hash', '=', row.successor_hash)
    .executeTakeFirst();
  if (recent && row.successor_sealed && successor && !successor.spent_at && !successor.revoked_at) {
    const issued: IssuedToken = {
      token: unseal(row.successor_sealed, Buffer.from(token), PURPOSE).toString(),
      userId: row.user_id,
      familyId: row.family_id,
      expiresAt: successor.expires_at,
    };
    return { outcome: 'issued', issued };
  }
  await revoke(tx, row.family_id, 'reuse', nowMs);
  return { outcome: 'rejected', reason: 'reused', familyId: row.family_id, userId: row.user_id };
}

async function insert(
  tx: Transaction<Database>,
  userId: string,
  family: { familyId: string; expiresAtMs: number },
  nowMs: number,
): Promise<IssuedToken> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Math.min(nowMs + IDLE_LIFE_MS, family.expiresAtMs));
  await tx
    .insertInto('refresh_tokens')
    .values({
      token_hash: hashOf(token),
      family_id: family.familyId,
      user_id: userId,
      created_at: new Date(nowMs),
      expires_at: expiresAt,
      family_expires_at: new Date(family.expiresAtMs),
    })
    .execute();
  return { token, userId, familyId: family.familyId, expiresAt };
}

async function revoke(
  tx: Transaction<Database>,
  familyId: string,
  reason: 'logout' | 'reuse',
  nowMs: number,
): Promise<void> {
  await tx
    .updateTable('refresh_tokens')
    .set({ revoked_at: new Date(nowMs), revoked_reason: reason, successor_sealed: null })
    .where('family_id', '=', familyId)
    .where('revoked_at', 'is', null)
    .execute();
}

async function retireOldFamilies(
  tx: Transaction<Database>,
  userId: string,
  nowMs: number,
): Promise<string[]> {
  const { rows } = await sql<{ family_id: string }>`
    update refresh_tokens set revoked_at = ${new Date(nowMs)}, revoked_reason = 'tooMany'
    where user_id = ${userId} and revoked_at is null and family_id not in (
      select family_id from refresh_tokens
      where user_id = ${userId} and revoked_at is null
      group by family_id order by max(created_at) desc limit ${FAMILIES_PER_USER_MAX - 1}
    ) returning family_id`.execute(tx);
  return [...new Set(rows.map((row) => row.family_id))];
}
