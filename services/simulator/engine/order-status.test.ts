import type { OrderStatus } from '@sandpit/schemas/order.ts';
import { expect, test } from 'vitest';
import { isOpen, TRANSITIONS } from './order-status.ts';

test.each(Object.keys(TRANSITIONS) as OrderStatus[])(
  'an order is open as long as it can be canceled: %s',
  (status) => {
    expect(isOpen(status)).toBe(TRANSITIONS[status].includes('canceled'));
  },
);
