/** What an order may become. Whatever is not listed is a defect. */
import type { OrderStatus } from '@sandpit/schemas/order.ts';
import { invariant } from './invariant.ts';

/**
 * The venue decides a command at once, so `pendingNew` and `pendingCancel` are states of the client
 * and the gateway, never of an order in here. A replaced order keeps its id and its status.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pendingNew: ['new', 'rejected'],
  new: ['partiallyFilled', 'filled', 'canceled', 'expired'],
  partiallyFilled: ['partiallyFilled', 'filled', 'canceled', 'expired'],
  filled: [],
  pendingCancel: [],
  canceled: [],
  replaced: [],
  rejected: [],
  expired: [],
};

/** @throws when the step is not in the table. */
export function checkTransition(from: OrderStatus, to: OrderStatus): void {
  // Every fill comes through here: the usual steps are not looked up, and the sentence is only made
  // when it is needed.
  if (isOpen(from) && (to === 'filled' || to === 'canceled')) return;
  if (!TRANSITIONS[from].includes(to))
    invariant(false, `an order never goes from ${from} to ${to}`);
}

/** It can still trade or be canceled. */
export const isOpen = (status: OrderStatus): boolean =>
  status === 'new' || status === 'partiallyFilled';
