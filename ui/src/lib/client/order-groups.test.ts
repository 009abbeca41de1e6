import { describe, expect, test } from 'vitest';
import { cancelChoices } from './cancel-choices.ts';
import { atWork, groupOrders, isHeld, roleText, stateText } from './order-groups.ts';
import { orderOf } from './testing.ts';

const list = { listId: '1', contingency: 'bracket' } as const;
const entry = orderOf({ ...list, orderId: '1', clientOrderId: 'e', listRole: 'parent' });
const leg = { ...list, listRole: 'child', side: 'sell' } as const;
const target = orderOf({ ...leg, orderId: '2', clientOrderId: 't', limitPrice: '190.00' });
const stop = orderOf({
  ...leg,
  orderId: '3',
  clientOrderId: 's',
  type: 'stop',
  stopPrice: '175.00',
  limitPrice: null,
  triggeredAt: null,
});
const plain = orderOf({ orderId: '9', clientOrderId: 'p' });

describe('groups', () => {
  test('a list stands together, its entry first, where its newest order stood', () => {
    const groups = groupOrders([stop, plain, target, entry], [stop, plain, target, entry]);
    expect(groups.map(({ rows }) => rows.map(({ clientOrderId }) => clientOrderId))).toEqual([
      ['e', 't', 's'],
      ['p'],
    ]);
    expect(groups.map(({ contingency }) => contingency)).toEqual(['bracket', null]);
  });

  test('the entry comes first before the venue has given any ids, too', () => {
    const sent = [target, entry].map((order) => ({ ...order, orderId: order.clientOrderId }));
    const [group] = groupOrders(sent, sent);
    expect(group!.rows.map(({ clientOrderId }) => clientOrderId)).toEqual(['e', 't']);
  });

  test('what of it has ended is known', () => {
    const filled = orderOf({ ...entry, status: 'filled' });
    const [group] = groupOrders([stop, target], [stop, target, filled, plain]);
    expect(group).toMatchObject({ ended: [filled] });
    expect(group!.rows).toHaveLength(2);
  });
});

describe('legs', () => {
  test('await their entry until a part of it is filled', () => {
    expect(isHeld(target, [entry, target])).toBe(true);
    expect(stateText(stop, [entry, stop])).toBe('Awaits entry');
    const partly = orderOf({ ...entry, status: 'partiallyFilled', filledQuantity: '1' });
    expect(isHeld(target, [partly, target])).toBe(false);
    expect(stateText(stop, [partly, stop])).toBe('Waiting');
    expect(stateText(target, [partly, target])).toBe('Working');
    expect(stateText(partly, [partly])).toBe('Part filled');
    // An entry that is no longer remembered has been filled long since.
    expect(isHeld(target, [target])).toBe(false);
  });

  test('are not at work until then', () => {
    expect(atWork([entry, target, stop, plain], [entry, target, stop, plain])).toEqual([
      entry,
      plain,
    ]);
  });

  test('are named after what they do', () => {
    expect([entry, target, stop, plain].map(roleText)).toEqual([
      'Entry',
      'Take-profit',
      'Stop-loss',
      '',
    ]);
  });
});

test('what can be canceled together is a part, and not nothing', () => {
  const labels = (orders: Parameters<typeof cancelChoices>[0]) =>
    cancelChoices(orders).map(({ label, count }) => `${label} ${count}`);
  expect(labels([plain])).toEqual([]);
  expect(labels([plain, target])).toEqual(['All buys 1', 'All sells 1']);
  expect(labels([plain, { ...plain, symbol: 'LUMA' }, target])).toEqual([
    'All buys 2',
    'All sells 1',
    'All of ACME 2',
    'All of LUMA 1',
  ]);
});
