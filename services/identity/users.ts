/** Users: the only place that knows a person's address. */
import type { Kysely } from 'kysely';
import { type Database, isUniqueViolation } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { passwordFault } from './password-rules.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import './tables.ts';

export interface User {
  id: string;
  accountId: string;
  email: string;
}

export interface NewUser {
  email: string;
  password: string;
}

/** How two spellings of one address are recognised. */
export const emailKey = (email: string) => email.trim().normalize('NFKC').toLowerCase();

/** @throws problem `validationFailed` for a weak password, `emailTaken`, `rateLimited`. */
export async function createUser(
  db: Kysely<Database>,
  { email, password }: NewUser,
): Promise<User> {
  const fault = passwordFault(password, email.trim());
  if (fault) throw problem('validationFailed', { errors: [{ path: 'password', message: fault }] });
  if (await findUser(db, email)) throw problem('emailTaken');
  const user = { id: newId(), accountId: newId(), email: email.trim() };
  try {
    await db
      .insertInto('users')
      .values({
        id: user.id,
        account_id: user.accountId,
        email: user.email,
        email_key: emailKey(email),
        password_hash: await hashPassword(password),
      })
      .execute();
  } catch (error) {
    // Somebody else was quicker with the same address.
    if (isUniqueViolation(error, 'users_email_key')) throw problem('emailTaken', { cause: error });
    throw error;
  }
  return user;
}

/** The user with this address and password, or null. Takes as long for unknown addresses. */
export async function authenticate(db: Kysely<Database>, given: NewUser): Promise<User | null> {
  const found = await findUser(db, given.email);
  const right = await verifyPassword(given.password, found?.passwordHash ?? null);
  if (!found || !right) return null;
  const { id, accountId, email } = found;
  return { id, accountId, email };
}

/** The user with this address, made when there is none; its password is left as it is. */
export async function ensureUser(
  db: Kysely<Database>,
  user: NewUser,
): Promise<{ user: User; created: boolean }> {
  const found = await findUser(db, user.email);
  if (!found) return { user: await createUser(db, user), created: true };
  const { id, accountId, email } = found;
  return { user: { id, accountId, email }, created: false };
}

/** Whose account an address belongs to; null for nobody's. */
export async function accountWith(db: Kysely<Database>, email: string): Promise<string | null> {
  return (await findUser(db, email))?.accountId ?? null;
}

export async function userById(db: Kysely<Database>, id: string): Promise<User | null> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'account_id as accountId', 'email'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

function findUser(db: Kysely<Database>, email: string) {
  return db
    .selectFrom('users')
    .select(['id', 'account_id as accountId', 'email', 'password_hash as passwordHash'])
    .where('email_key', '=', emailKey(email))
    .executeTakeFirst();
}
