/**
 * The orders of a lab as all gateways saw them: a client that sends an order again does so through
 * whichever gateway it finds. In Redis; while it is away each gateway counts what it saw itself.
 */
import { createHash } from 'node:crypto';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { Cache } from '../../platform/cache.ts';
import { idOf, intentOf, type Sent, type SubmissionBook, Submissions } from './submissions.ts';

const REMEMBERED_MAX = 5_000;
/** After the last order. A lab is no longer than an hour, and what comes an hour later is another order. */
const KEPT_MS = 3_600_000;

/** Field: id; value: what was meant, empty once the client knows what became of it. */
const SEND = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'repeat' end
local sent = 'first'
for _, intent in ipairs(redis.call('HVALS', KEYS[1])) do
  if intent == ARGV[2] then sent = 'duplicate' end
end
if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return sent`;
const ANSWERED = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], '') end
return 0`;
const SYNCED = `
for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do redis.call('HSET', KEYS[1], id, '') end
return 0`;

export class SharedSubmissions implements SubmissionBook {
  readonly #own = new Submissions();
  readonly #cache: Pick<Cache, 'run'>;
  readonly #key: string;

  constructor(cache: Pick<Cache, 'run'>, labId: string) {
    this.#cache = cache;
    this.#key = `sandpit:lab:${labId}:sent`;
  }

  async send(venue: string, order: OrderRequest): Promise<Sent> {
    const seenHere = this.#own.send(venue, order);
    const intent = createHash('sha256').update(intentOf(venue, order)).digest('base64url');
    const id = idOf(venue, order.clientOrderId);
    return ((await this.#run(SEND, id, intent, REMEMBERED_MAX, KEPT_MS)) as Sent) ?? seenHere;
  }

  async answered(venue: string, clientOrderId: string): Promise<void> {
    this.#own.answered(venue, clientOrderId);
    await this.#run(ANSWERED, idOf(venue, clientOrderId));
  }

  async synced(): Promise<void> {
    this.#own.synced();
    await this.#run(SYNCED);
  }

  /** Null while Redis is away. */
  async #run(script: string, ...args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#cache.run((redis) => redis.eval(script, 1, this.#key, ...args));
    } catch {
      // A score, not an order: this gateway's own count serves.
      return null;
    }
  }
}
