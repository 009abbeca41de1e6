/** Which commands the exchange takes, and who answers each. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import { changeHalt } from './halts.ts';
import type { ListTools } from './lists.ts';
import { cancelList, closePosition, newOrderList } from './order-lists.ts';
import { cancelAll, cancelOrder, newOrder, refuse, replaceOrder } from './orders.ts';
import { setKillSwitch, setLimits } from './risk-commands.ts';

/** Commands that concern orders and instruments; the venue answers the others. */
export type OrderCommand = Extract<
  CommandBody,
  {
    type:
      | 'newOrder'
      | 'cancelOrder'
      | 'replaceOrder'
      | 'cancelAll'
      | 'newOrderList'
      | 'cancelList'
      | 'closePosition'
      | 'riskLimits'
      | 'killSwitch'
      | 'haltInstrument'
      | 'reopenInstrument';
  }
>;

const ORDER_COMMANDS: ReadonlySet<CommandBody['type']> = new Set<OrderCommand['type']>([
  'newOrder',
  'cancelOrder',
  'replaceOrder',
  'cancelAll',
  'newOrderList',
  'cancelList',
  'closePosition',
  'riskLimits',
  'killSwitch',
  'haltInstrument',
  'reopenInstrument',
]);

export const isOrderCommand = (body: CommandBody): body is OrderCommand =>
  ORDER_COMMANDS.has(body.type);

/** @param refusal  A reason that the venue has already found, or null. */
export function executeCommand(
  state: ExchangeState,
  command: OrderCommand,
  refusal: RejectReason | null,
  tools: ListTools,
): void {
  if (command.type === 'newOrder') newOrder(state, command.ticket, refusal, tools.submit);
  else if (command.type === 'newOrderList') newOrderList(state, command, refusal, tools);
  else if (command.type === 'closePosition') closePosition(state, command, refusal, tools);
  else if (refusal !== null) refuse(state, refusal, 'orderId' in command ? command.orderId : null);
  else if (command.type === 'cancelOrder') cancelOrder(state, command.orderId);
  else if (command.type === 'replaceOrder') replaceOrder(state, command, tools.submit);
  else if (command.type === 'riskLimits') setLimits(state, command);
  else if (command.type === 'killSwitch') setKillSwitch(state, command);
  else if (command.type === 'cancelList') cancelList(state, command.listId);
  else if (command.type === 'cancelAll') cancelAll(state, command);
  else {
    const reason = changeHalt(state, command);
    if (reason !== null) refuse(state, reason, null);
  }
}
