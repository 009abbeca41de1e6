/** Identity's tables; see `migrations/0001-identity.ts`. */
import type { Generated, JSONColumnType } from 'kysely';

export interface UsersTable {
  id: string;
  account_id: string;
  /** As the person wrote it. */
  email: string;
  /** As it is compared: trimmed, normalised, lower case. */
  email_key: string;
  password_hash: string;
  created_at: Generated<Date>;
}

export interface RefreshTokensTable {
  /** SHA-256 of the token. */
  token_hash: Buffer;
  family_id: string;
  user_id: string;
  created_at: Date;
  /** Idle limit: unused until then, it is dead. */
  expires_at: Date;
  /** Absolute limit of the log-in. */
  family_expires_at: Date;
  spent_at: Date | null;
  successor_hash: Buffer | null;
  /** The successor, readable only with the token it replaces; gone once the successor is used. */
  successor_sealed: Buffer | null;
  revoked_at: Date | null;
  revoked_reason: string | null;
}

export interface SigningKeysTable {
  kid: string;
  public_jwk: JSONColumnType<{ kty: string; crv: string; x: string }>;
  private_sealed: Buffer;
  created_at: Date;
  /** Published before, used from here on. */
  signs_from: Date;
  retired_at: Date | null;
}

export interface NatsCredentialsTable {
  id: string;
  account_id: string;
  name: string;
  public_key: string;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
}

declare module '../platform/database.ts' {
  interface Database {
    users: UsersTable;
    refresh_tokens: RefreshTokensTable;
    signing_keys: SigningKeysTable;
    nats_credentials: NatsCredentialsTable;
  }
}
