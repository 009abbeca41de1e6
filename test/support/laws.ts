/** What must hold between what a trader was told and what the log says. Knows no algorithm. */
import type { ExecutionView, OrderView, PositionView } from '@sandpit/schemas/http.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { foldRecords, type TraderState } from '../../services/simulator/simulation/fold.ts';

export interface Told {
  /** Every order the trader was given an answer for, as answered. */
  answered: readonly OrderView[];
  orders: readonly OrderView[];
  executions: readonly ExecutionView[];
  positions: readonly PositionView[];
}

/** Sentences about what is broken; empty when all is well. */
export function violations(records: readonly EventRecord[], told: Told): string[] {
  const state = foldRecords(records);
  return [
    ...logViolations(records),
    ...answerViolations(state, told.answered),
    ...orderViolations(state, told.orders),
    ...executionViolations(state, told.executions),
    ...positionViolations(state, told.positions),
  ];
}

/** Numbers without gaps, ownership that only moves on, and no command decided twice. */
function logViolations(records: readonly EventRecord[]): string[] {
  const found: string[] = [];
  const decided = new Set<string>();
  records.forEach((record, index) => {
    const before = records[index - 1];
    if (record.n !== index + 1) found.push(`record ${index + 1} is numbered ${record.n}`);
    if (before && record.previousHash !== before.hash)
      found.push(`record ${record.n}: broken chain`);
    if (before && record.epoch < before.epoch) found.push(`record ${record.n}: an old owner wrote`);
    if (before && record.epoch > before.epoch && record.type !== 'owner') {
      found.push(`record ${record.n}: epoch ${record.epoch} begins without an owner record`);
    }
    for (const { commandId } of record.commands.map(({ command }) => command)) {
      if (decided.has(commandId)) found.push(`command ${commandId} was decided twice`);
      decided.add(commandId);
    }
  });
  return found;
}

/** Nothing that was answered is lost, doubled or another order. */
function answerViolations(state: TraderState, answered: readonly OrderView[]): string[] {
  const byClientOrderId = Map.groupBy(state.orders.values(), (order) => order.clientOrderId);
  return answered.flatMap(({ clientOrderId, orderId }) => {
    const found = byClientOrderId.get(clientOrderId) ?? [];
    if (found.length === 0) return [`order ${clientOrderId} was answered and is not in the log`];
    if (found.length > 1) return [`order ${clientOrderId} is in the log ${found.length} times`];
    return found[0]!.orderId === orderId
      ? []
      : [`order ${clientOrderId} was answered as ${orderId}`];
  });
}

function orderViolations(state: TraderState, orders: readonly OrderView[]): string[] {
  const found = orders.flatMap((order) => {
    const logged = state.orders.get(order.orderId);
    if (!logged) return [`order ${order.orderId} is shown and not in the log`];
    return logged.status === order.status
      ? []
      : [`order ${order.orderId} is shown ${order.status}, the log says ${logged.status}`];
  });
  if (orders.length !== state.orders.size) {
    found.push(`${orders.length} orders are shown, the log has ${state.orders.size}`);
  }
  return found;
}

/** Every fill once, and fills that add up to what the orders say. */
function executionViolations(state: TraderState, executions: readonly ExecutionView[]): string[] {
  const found: string[] = [];
  const ids = state.executions.map(({ executionId }) => executionId);
  if (new Set(ids).size !== ids.length) found.push('an execution id is in the log twice');
  const shown = executions.map(({ executionId }) => executionId);
  if (shown.join() !== ids.join()) found.push(`executions shown ${shown}, in the log ${ids}`);
  const filled = new Map<string, number>();
  for (const { orderId, quantityLots } of state.executions) {
    filled.set(orderId, (filled.get(orderId) ?? 0) + quantityLots);
  }
  for (const { orderId, filledLots } of state.orders.values()) {
    if ((filled.get(orderId) ?? 0) !== filledLots)
      found.push(`order ${orderId}: fills do not add up`);
  }
  return found;
}

/** Positions in the log, on the screen, and as the sum of the fills are the same. */
function positionViolations(state: TraderState, positions: readonly PositionView[]): string[] {
  const fromFills = new Map<string, number>();
  for (const { symbol, side, quantityLots } of state.executions) {
    const signed = side === 'buy' ? quantityLots : -quantityLots;
    fromFills.set(symbol, (fromFills.get(symbol) ?? 0) + signed);
  }
  const found: string[] = [];
  for (const symbol of new Set([...fromFills.keys(), ...state.positions.keys()])) {
    const quantityLots = state.positions.get(symbol)?.quantityLots ?? 0;
    const fills = fromFills.get(symbol) ?? 0;
    if (fills !== quantityLots)
      found.push(`${symbol}: fills make ${fills}, the log ${quantityLots}`);
    const shown = positions.find((each) => each.symbol === symbol);
    if (quantityLots === 0 && !shown) continue;
    // Zero and sign say enough: the size in units depends on the lot, which the views' tests cover.
    if (Math.sign(Number(shown?.quantity ?? 0)) !== Math.sign(quantityLots)) {
      found.push(`${symbol}: ${shown?.quantity} is shown, the log says ${quantityLots} lots`);
    }
  }
  return found;
}
