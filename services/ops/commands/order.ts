/** `order`: what became of an order, from the archive. Sizes in lots, prices in ticks. */
import type { ServiceBroker } from 'moleculer';
import { type OperatorCommand, OperatorError, type Row } from '../command.ts';

const MATCHES_MAX = 20;
const FILLS_MAX = 50;

export const order: OperatorCommand = {
  usage: 'order <id>',
  description: 'An order and its fills, by order id or client order id, from the archive.',
  options: [{ flag: '--simulator <id>', description: 'Only in this simulator.' }],
  async run(broker, { args, options }) {
    const simulator = typeof options.simulator === 'string' ? options.simulator : null;
    const orders = await findOrders(broker, args.id, simulator);
    if (orders.length === 0) {
      throw new OperatorError(
        `The archive has no order "${args.id}"${simulator ? ` in ${simulator}` : ''}.`,
        'It follows the log within a second or so; the order may also never have been accepted.',
      );
    }
    const [first] = orders;
    const fills = orders.length === 1 ? await findFills(broker, first) : [];
    const rows: Row[] = orders.map((each) => orderRow(each));
    const notes =
      orders.length > 1
        ? ['Several simulators know this id; name one with --simulator to see its fills.']
        : fills;
    return { rows, notes };
  },
};

function findOrders(broker: ServiceBroker, id: string, simulatorId: string | null) {
  let query = broker.database
    .selectFrom('simulator_orders')
    .selectAll()
    .where((e) => e.or([e('order_id', '=', id), e('client_order_id', '=', id)]));
  if (simulatorId) query = query.where('simulator_id', '=', simulatorId);
  return query.orderBy('sequence', 'desc').limit(MATCHES_MAX).execute();
}

type OrderRow = Awaited<ReturnType<typeof findOrders>>[number];

async function findFills(broker: ServiceBroker, found: OrderRow): Promise<string[]> {
  const fills = await broker.database
    .selectFrom('simulator_executions')
    .selectAll()
    .where('simulator_id', '=', found.simulator_id)
    .where('order_id', '=', found.order_id)
    .orderBy('sequence')
    .limit(FILLS_MAX)
    .execute();
  return fills.map(
    (fill) =>
      `fill ${fill.execution_id}: ${fill.quantity_lots} lots at ${fill.price_ticks} ticks, ` +
      `${fill.liquidity}, record ${fill.sequence}`,
  );
}

function orderRow(found: OrderRow): Row {
  return {
    simulator: found.simulator_id,
    order: found.order_id,
    'client order': found.client_order_id,
    symbol: found.symbol,
    side: found.side,
    type: found.type,
    lots: found.quantity_lots,
    'limit ticks': found.limit_ticks,
    filled: found.filled_lots,
    status: found.status,
    reason: found.reject_reason,
    record: found.sequence,
  };
}
