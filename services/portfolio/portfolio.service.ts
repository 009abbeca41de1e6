/** Moleculer service `portfolio`: archives the event log in Postgres and answers from it. */
import { ListQuery } from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { type SchemaOf, traderAction } from '../platform/action.ts';
import { liveFeed } from '../platform/live.ts';
import { venueDirectory } from '../platform/venues.ts';
import {
  accountOf,
  archivedOrder,
  executionHistory,
  orderHistory,
  positionHistory,
} from './history.ts';
import { Projection } from './projection.ts';

type Vars = { projection: Projection; stopListening: () => void };
type This = Service & Vars;

const LIMIT_DEFAULT = 100;
const LAG = 'sandpit.portfolio.lag';

const Listed = Type.Object(
  { simulatorId: Id, ...ListQuery.properties },
  { additionalProperties: false },
);
const One = Type.Object({ simulatorId: Id }, { additionalProperties: false });
const OneOrder = Type.Object({ simulatorId: Id, orderId: Id }, { additionalProperties: false });

/** An action that lists rows of a simulator, once it is certain whose it is. */
const listAction = (list: typeof orderHistory | typeof executionHistory | typeof positionHistory) =>
  traderAction<typeof Listed, This>({
    params: Listed,
    read: true,
    async handler({ params: { simulatorId, limit = LIMIT_DEFAULT, since = 0 }, locals }) {
      const { accountId } = locals.principal;
      const venue = await venueDirectory(this.broker).owned(simulatorId, accountId);
      return list(this.broker.database, venue, { limit, since });
    },
  });

const service: SchemaOf<This> = {
  name: 'portfolio',

  actions: {
    orders: listAction(orderHistory),
    order: traderAction<typeof OneOrder, This>({
      params: OneOrder,
      read: true,
      async handler({ params: { simulatorId, orderId }, locals }) {
        const { accountId } = locals.principal;
        const venue = await venueDirectory(this.broker).owned(simulatorId, accountId);
        return archivedOrder(this.broker.database, venue, orderId);
      },
    }),
    executions: listAction(executionHistory),
    positions: listAction(positionHistory),
    account: traderAction<typeof One, This>({
      params: One,
      read: true,
      async handler({ params, locals }) {
        const { accountId } = locals.principal;
        const venue = await venueDirectory(this.broker).owned(params.simulatorId, accountId);
        return accountOf(this.broker.database, venue);
      },
    }),
  },

  async started(this: This) {
    const { broker, logger } = this;
    broker.metrics.register({
      type: 'gauge',
      name: LAG,
      description: 'Records of EVENTS that are not in Postgres yet',
    });
    this.projection = new Projection({
      bus: broker.bus,
      database: broker.database,
      report: (level, fields, message) => logger[level](fields, message),
      onLag: (records) => broker.metrics.set(LAG, records),
    });
    this.stopListening = liveFeed(broker).listen(() => this.projection.wake());
    this.projection.start();
  },

  async stopped(this: This) {
    this.stopListening?.();
    await this.projection?.stop();
  },
};
export default service;
