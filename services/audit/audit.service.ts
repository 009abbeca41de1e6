/** Moleculer service `audit`: keeps the trail in Postgres, shows each trader his own, proves it whole. */
import type { AuditEntry, AuditView } from '@sandpit/schemas/audit.ts';
import { ListQuery } from '@sandpit/schemas/http.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { openAction, type SchemaOf, traderAction } from '../platform/action.ts';
import type { Link } from './chain.ts';
import { entriesOf } from './store.ts';
import { Trail, type Verdict, verify } from './trail.ts';

const LIMIT_DEFAULT = 100;
/** Walking a long chain takes its time. */
const VERIFY_TIMEOUT_MS = 60_000;
const NoParams = Type.Object({}, { additionalProperties: false });

interface This extends Service {
  trail: Trail;
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
  },

  async started(this: This) {
    const { bus, database } = this.broker;
    this.trail = new Trail({
      bus,
      database,
      report: (level, fields, message) => this.logger[level](fields, message),
    });
    this.trail.start();
  },

  async stopped(this: This) {
    await this.trail?.stop();
  },
};
export default service;
