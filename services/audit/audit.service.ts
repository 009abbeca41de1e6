/** Moleculer service `audit`: keeps the trail in Postgres, shows each trader his own, proves it whole. */
import type { AuditEntry, AuditView } from '@sandpit/schemas/audit.ts';
import { ListQuery } from '@sandpit/schemas/http.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { openAction, type SchemaOf, traderAction } from '../platform/action.ts';
import { auditOf } from '../platform/audit.ts';
import { anchorHead } from './anchors.ts';
import type { Link } from './chain.ts';
import { ANCHORED, type Place, TRIMMED } from './places.ts';
import { entriesOf } from './store.ts';
import { Trail } from './trail.ts';
import { type Trimmed, trim } from './trim.ts';
import { type Verdict, verify } from './verify.ts';

const LIMIT_DEFAULT = 100;
/** Walking a long chain takes its time. */
const VERIFY_TIMEOUT_MS = 60_000;
const closed = { additionalProperties: false };
const NoParams = Type.Object({}, closed);
/** Shorter ones would take away what is still looked into. */
const KEEP_DAYS_MIN = 30;
const Keep = Type.Object(
  { keepDays: Type.Integer({ minimum: KEEP_DAYS_MIN, maximum: 36_500 }) },
  closed,
);
/** How often it is asked whether the head is due to be anchored. */
const ANCHOR_LOOK_MS = 60_000;

interface This extends Service {
  trail: Trail;
  anchoring: NodeJS.Timeout;
}

const viewOf = ({ n, entry, hash }: Link): AuditView => ({
  ...(JSON.parse(entry) as AuditEntry),
  n,
  hash,
});

const service: SchemaOf<This> = {
  name: 'audit',

  actions: {
    list: traderAction({
      params: ListQuery,
      read: true,
      async handler(this: This, { params: { limit = LIMIT_DEFAULT, since }, locals }) {
        const { accountId } = locals.principal;
        const range = { limit, since: since ?? null };
        const links = await entriesOf(this.broker.database, accountId, range);
        const newest = Math.max(since ?? 0, ...links.map(({ n }) => n));
        return { items: links.map(viewOf), nextSince: newest };
      },
    }),
    /** Not reachable from the gateway: no route names it. */
    verify: openAction({
      params: NoParams,
      timeoutMs: VERIFY_TIMEOUT_MS,
      log: 'info',
      async handler(this: This): Promise<Verdict> {
        const { bus, database } = this.broker;
        return verify({ bus, database }, this.trail.readUpTo);
      },
    }),
    /** Anchors the head now, if anything came since it was anchored last. Not reachable from the gateway. */
    anchor: openAction({
      params: NoParams,
      async handler(this: This) {
        return { anchored: await anchor(this, 0) };
      },
    }),
    /** For operators: takes out what is older than that. */
    trim: openAction({
      params: Keep,
      timeoutMs: VERIFY_TIMEOUT_MS,
      log: 'info',
      async handler(this: This, { params: { keepDays } }): Promise<Trimmed> {
        const { bus, database } = this.broker;
        const { readUpTo } = this.trail;
        const note = (place: object) => noteHouse(this, TRIMMED, { ...place, keepDays });
        return trim({ bus, database, readUpTo, note }, keepDays);
      },
    }),
  },

  async started(this: This) {
    this.anchoring = setInterval(() => void anchor(this), ANCHOR_LOOK_MS);
    this.anchoring.unref();
    const { bus, database } = this.broker;
    this.trail = new Trail({
      bus,
      database,
      report: (level, fields, message) => this.logger[level](fields, message),
    });
    this.trail.start();
  },

  async stopped(this: This) {
    clearInterval(this.anchoring);
    await this.trail?.stop();
  },
};
export default service;

const noteHouse = ({ broker }: This, action: string, detail: AuditEntry['detail']) =>
  auditOf(broker).note({ area: 'audit', action, actor: 'house', detail });

/** Also a line in the log, which is kept elsewhere: an operator can hold it against the trail. */
async function anchor(service: This, everyMs?: number): Promise<Place | null> {
  const { broker, logger } = service;
  try {
    const anchored = await anchorHead({
      database: broker.database,
      note: ({ n, hash }) => noteHouse(service, ANCHORED, { n, hash }),
      ...(everyMs !== undefined && { everyMs }),
    });
    if (anchored) logger.info({ ...anchored }, 'audit trail anchored');
    return anchored;
  } catch (err) {
    logger.warn({ err }, 'audit trail not anchored, tried again in a minute');
    return null;
  }
}
