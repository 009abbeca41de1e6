/** I8 and I9: what every history of trades obeys, whatever market it was made on. */
import type { Execution, VenueEvent } from '@sandpit/schemas/event.ts';
import { type Order, TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Breach } from './auditor.ts';
import { emptyTraderState, foldRecord, type TraderState } from './fold.ts';

/** Money moves and is never made: after every record, to the micro. */
export function auditMoney(records: EventRecord[]): Breach[] {
  const state = emptyTraderState();
  return records.flatMap((record) => {
    foldRecord(state, record);
    return moneyFaults(state).map((detail) => ({
      law: 'I8' as const,
      detail: `record ${record.n}: ${detail}`,
    }));
  });
}

function moneyFaults({ account, positions, executions, splits }: TraderState): string[] {
  if (!account) return executions.length > 0 ? ['trades without an account'] : [];
  const faults: string[] = [];
  const fees = sum(executions, ({ feeMicros }) => feeMicros);
  const traded = sum(executions, (e) => (e.side === 'buy' ? -e.notionalMicros : e.notionalMicros));
  const carry = (account.borrowFeesMicros ?? 0) + (account.interestMicros ?? 0);
  const dividends = account.dividendsMicros ?? 0;
  const inLieu = sum(splits, ({ split }) => split.cashMicros);
  const cash = account.startingCashMicros + traded + inLieu + dividends - fees - carry;
  if (account.cashMicros !== cash) faults.push(`cash is ${account.cashMicros}, not ${cash}`);
  const cost = sum([...positions.values()], ({ costMicros }) => costMicros);
  const earned = account.realisedMicros + dividends;
  const worth = account.startingCashMicros + earned - account.feesMicros - carry;
  if (account.cashMicros + cost !== worth) faults.push('cash and cost do not balance');
  for (const [symbol, position] of positions) {
    const lots = lotsOf(symbol, executions, splits);
    if (position.quantityLots !== lots) faults.push(`${symbol}: ${position.quantityLots} lots`);
  }
  return faults;
}

/** What fills have made of a position; a split multiplies it, and cuts off less than a lot. */
function lotsOf(symbol: string, executions: readonly Execution[], splits: TraderState['splits']) {
  let lots = 0;
  let done = 0;
  const trade = (until: number) => {
    for (const e of executions.slice(done, until)) {
      if (e.symbol === symbol) lots += e.side === 'buy' ? e.quantityLots : -e.quantityLots;
    }
    done = until;
  };
  for (const { split, after } of splits) {
    trade(after);
    if (split.symbol === symbol) lots = Math.trunc((lots * split.newUnits) / split.oldUnits);
  }
  trade(executions.length);
  return lots;
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number) =>
  items.reduce((total, item) => total + of(item), 0);

/** No fill beyond the order, after its end, worse than its limit, or twice. */
export function auditMatching(records: EventRecord[]): Breach[] {
  const orders = new Map<string, Order>();
  const executionIds = new Set<string>();
  const breaches: Breach[] = [];
  for (const record of records) {
    for (const event of record.events) {
      const fault = eventFault(event, orders, executionIds);
      if (fault) breaches.push({ law: 'I9', detail: `record ${record.n}: ${fault}` });
      if ('order' in event) orders.set(event.order.orderId, event.order);
    }
  }
  return breaches;
}

function eventFault(
  event: VenueEvent,
  orders: Map<string, Order>,
  executionIds: Set<string>,
): string | null {
  if (!('order' in event)) return null;
  const { order } = event;
  const before = orders.get(order.orderId);
  if (before && TERMINAL_STATUSES.has(before.status)) return `${order.orderId} lives after its end`;
  if (order.filledLots > order.quantityLots) return `${order.orderId} is overfilled`;
  if (event.type !== 'orderFilled') return null;
  if (!before) return `${order.orderId} is filled before it is accepted`;
  if (before.filledLots + event.execution.quantityLots !== order.filledLots) {
    return `${order.orderId} does not add up`;
  }
  return executionFault(event.execution, order, executionIds);
}

function executionFault(
  { executionId, priceTicks, side }: Execution,
  { limitTicks, orderId }: Order,
  executionIds: Set<string>,
): string | null {
  if (executionIds.has(executionId)) return `execution ${executionId} happens twice`;
  executionIds.add(executionId);
  if (limitTicks === null) return null;
  const isWorse = side === 'buy' ? priceTicks > limitTicks : priceTicks < limitTicks;
  return isWorse ? `${orderId} is filled worse than its limit` : null;
}
