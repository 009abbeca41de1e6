import type { OrderStatus } from '@sandpit/schemas/order.ts';
import { expect, test } from 'vitest';
import { checkTransition, isOpen, TRANSITIONS } from './order-status.ts';

test.each(Object.keys(TRANSITIONS) as OrderStatus[])(
  'an order is open as long as it can be canceled: %s',
  (status) => {
    expect(isOpen(status)).toBe(TRANSITIONS[status].includes('canceled'));
  },
);

const STATUSES = Object.keys(TRANSITIONS) as OrderStatus[];

test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
  'from %s to %s an order goes only by the table',
  (from, to) => {
    const step = () => checkTransition(from, to);
    if (TRANSITIONS[from].includes(to)) expect(step).not.toThrow();
    else expect(step).toThrow(`an order never goes from ${from} to ${to}`);
  },
);
