/**
 * Password hashes: argon2id at OWASP's floor (19 MiB, 2 passes, 1 lane), about 100 ms each, so only
 * two run at once: the four threads they run on also serve DNS and files.
 */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Turnstile } from './turnstile.ts';

const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
const CONCURRENCY_MAX = 2;
const QUEUE_MAX = 50;

const derive = promisify(argon2) as (
  algorithm: 'argon2id',
  parameters: Argon2Parameters,
) => Promise<Buffer>;
const turnstile = new Turnstile(CONCURRENCY_MAX, QUEUE_MAX);

/** The PHC string of a new hash: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const cost = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES };
  const tag = await tagOf(password, salt, cost, TAG_BYTES);
  const head = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}`;
  return `${head}$${base64(salt)}$${base64(tag)}`;
}

/**
 * Compares in constant time. Without a stored hash it works as hard and answers false, so that the
 * time does not tell which addresses have an account.
 *
 * @param stored  PHC string, or null for an unknown user.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const { salt, tag, cost } = parse(stored ?? NOBODY);
  const computed = await tagOf(password, salt, cost, tag.length);
  return timingSafeEqual(computed, tag) && stored !== null;
}

type Cost = Pick<Argon2Parameters, 'memory' | 'passes' | 'parallelism'>;

function tagOf(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  // The same password typed on another keyboard may arrive in other code points.
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  return turnstile.pass(() => derive('argon2id', { message, nonce: salt, tagLength, ...cost }));
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(Buffer.alloc(SALT_BYTES))}$${base64(Buffer.alloc(TAG_BYTES))}`;

function parse(phc: string): { salt: Buffer; tag: Buffer; cost: Cost } {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? [];
  if (!salt || !tag) throw new Error('A stored password hash is not an argon2id string.');
  return {
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
  };
}
