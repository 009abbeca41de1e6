/**
 * The keys that sign access tokens: Ed25519, two at a time (the one that signs and the one after it),
 * sealed in Postgres, their public halves in the bucket KEYS for every verifier.
 */

import type { webcrypto } from 'node:crypto';
import { type Bus, BusError } from '@sandpit/bus/bus.ts';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { ACCESS_TOKEN, JWKS_KEY } from '../platform/tokens.ts';
import { type KeyTimes, planKeys } from './key-plan.ts';
import { seal, unseal } from './seal.ts';

const PURPOSE = 'signing keys';
const PUBLISH_ATTEMPTS = 5;

export interface PublicKey extends JWK {
  kid: string;
}
export interface Signer {
  kid: string;
  privateKey: webcrypto.CryptoKey;
}
interface StoredKey extends KeyTimes {
  publicJwk: JWK;
  privateJwk: JWK;
}

export interface SigningKeys {
  signer: Signer;
  published: PublicKey[];
  /** Keys that another secret had sealed; they were retired. */
  unreadable: string[];
}

/**
 * Loads the keys, makes those that are due and retires those that are done. Processes that do it at
 * the same time agree, because they take turns.
 */
export function loadSigningKeys(
  db: Kysely<Database>,
  secret: Buffer,
  nowMs: number,
): Promise<SigningKeys> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('signing keys', 0))`.execute(tx);
    const { keys, unreadable } = await storedKeys(tx, secret);
    await retire(tx, unreadable, nowMs);
    let plan = planKeys(keys, nowMs);
    // Twice at the very first start: the current key, then the next.
    while (plan.createFromMs !== null) {
      keys.push(await createKey(tx, secret, plan.createFromMs, nowMs));
      plan = planKeys(keys, nowMs);
    }
    const retired = plan.retired.map(({ kid }) => kid);
    await retire(tx, retired, nowMs);
    const { kid, privateJwk } = plan.signer!;
    const privateKey = (await importJWK(privateJwk, ACCESS_TOKEN.algorithm)) as webcrypto.CryptoKey;
    const published = plan.published.map((key) => ({ ...key.publicJwk, ...USE, kid: key.kid }));
    return { signer: { kid, privateKey }, published, unreadable };
  });
}

const USE = { use: 'sig', alg: ACCESS_TOKEN.algorithm } as const;

async function storedKeys(db: Kysely<Database>, secret: Buffer) {
  const rows = await db
    .selectFrom('signing_keys')
    .selectAll()
    .where('retired_at', 'is', null)
    .execute();
  const keys: StoredKey[] = [];
  const unreadable: string[] = [];
  for (const row of rows) {
    try {
      const privateJwk = JSON.parse(unseal(row.private_sealed, secret, PURPOSE).toString());
      const { kid, public_jwk: publicJwk, signs_from } = row;
      keys.push({ kid, publicJwk, privateJwk, signsFromMs: +signs_from });
    } catch {
      unreadable.push(row.kid);
    }
  }
  return { keys, unreadable };
}

async function createKey(
  db: Kysely<Database>,
  secret: Buffer,
  signsFromMs: number,
  nowMs: number,
): Promise<StoredKey> {
  const pair = await generateKeyPair(ACCESS_TOKEN.algorithm, { crv: 'Ed25519', extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([
    exportJWK(pair.publicKey),
    exportJWK(pair.privateKey),
  ]);
  const kid = await calculateJwkThumbprint(publicJwk);
  await db
    .insertInto('signing_keys')
    .values({
      kid,
      public_jwk: JSON.stringify(publicJwk) as never,
      private_sealed: seal(Buffer.from(JSON.stringify(privateJwk)), secret, PURPOSE),
      created_at: new Date(nowMs),
      signs_from: new Date(signsFromMs),
    })
    .execute();
  return { kid, publicJwk, privateJwk, signsFromMs };
}

async function retire(db: Kysely<Database>, kids: string[], nowMs: number): Promise<void> {
  if (kids.length === 0) return;
  await db
    .updateTable('signing_keys')
    .set({ retired_at: new Date(nowMs) })
    .where('kid', 'in', kids)
    .execute();
}

/** Puts the public keys where every verifier follows them. Writes nothing when they stand there. */
export async function publishKeys(bus: Bus, keys: readonly PublicKey[]): Promise<void> {
  const bucket = await bus.bucket('KEYS');
  const text = JSON.stringify({ keys });
  const value = new TextEncoder().encode(text);
  for (let attempt = 1; ; attempt++) {
    const entry = await bucket.get(JWKS_KEY);
    if (entry && new TextDecoder().decode(entry.value) === text) return;
    try {
      if (entry) await bucket.update(JWKS_KEY, value, entry.revision);
      else await bucket.create(JWKS_KEY, value);
      return;
    } catch (error) {
      const conflict = error instanceof BusError && error.failure === 'conflict';
      if (!conflict || attempt === PUBLISH_ATTEMPTS) throw error;
    }
  }
}
