import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { agent, kinds, lastOrder, ticket } from './testing/desk.ts';
import { limited, play, START_NS } from './testing/limited.ts';

describe('the kill switch', () => {
  const kill = (exchange: Exchange, terms: object = {}) =>
    exchange.execute(
      {
        type: 'killSwitch',
        scope: 'simulator',
        by: 'trader',
        engaged: true,
        reason: 'enough',
        cancelOpenOrders: true,
        ...terms,
      },
      'kill',
      null,
    );

  test.each`
    rule                                 | steps        | reason
    ${'refuses an order'}                | ${'B 1@99'}  | ${'killSwitchEngaged'}
    ${'before it looks at what it asks'} | ${'B 0@99'}  | ${'killSwitchEngaged'}
    ${'refuses to close, too'}           | ${'close'}   | ${'killSwitchEngaged'}
    ${'refuses an amendment to more'}    | ${'#2 9'}    | ${'killSwitchEngaged'}
    ${'refuses another price'}           | ${'#2 5@97'} | ${'killSwitchEngaged'}
    ${'lets an amendment to less pass'}  | ${'#2 4'}    | ${null}
    ${'lets a cancel pass'}              | ${'x2'}      | ${null}
  `('$rule: $steps', ({ steps, reason }) => {
    const exchange = limited({});
    play(exchange, 'B 3  B 5@98');
    kill(exchange, { cancelOpenOrders: false });
    expect(play(exchange, steps)).toBe(reason);
  });

  test('ends what is open, and can be lifted', () => {
    const exchange = limited({});
    play(exchange, 'B 1@99  B 1 STOP 110');
    const events = kill(exchange);
    expect(kinds(events)).toBe('risk canceled canceled account');
    expect(lastOrder(events).rejectReason).toBe('killSwitchEngaged');
    expect(kill(exchange, { engaged: false })).toMatchObject([
      { type: 'riskChanged', risk: { killSwitches: [] } },
    ]);
    expect(play(exchange, 'B 1@99')).toBe(null);
  });

  test('what was left open trades; what would open by its trigger ends, what protects does not', () => {
    const exchange = limited({});
    play(exchange, 'S 5  B 5 STOP 102  B 7 STOP 102  S 1@102');
    kill(exchange, { cancelOpenOrders: false });
    agent(exchange, 'B 951@102', 9);
    const [stop, opening, resting] = ['2', '3', '4'].map((id) => exchange.state.blotter.get(id));
    expect(resting?.status).toBe('filled');
    expect(stop?.progress?.triggeredNs).toBe(START_NS);
    expect(stop?.rejectReason).not.toBe('killSwitchEngaged');
    expect(opening).toMatchObject({ status: 'canceled', rejectReason: 'killSwitchEngaged' });
  });

  test('legs that protect come alive behind an entry that was left open, legs that add do not', () => {
    const exchange = limited({});
    const tickets = ['B 5@98', 'S 5@110', 'S 5 STOP 90'].map((text) => ticket(text));
    const adding = ['B 5@98', 'B 5@97'].map((text) => ticket(text));
    for (const [contingency, orders] of [
      ['bracket', tickets],
      ['oto', adding],
    ] as const) {
      const list = { type: 'newOrderList', clientListId: contingency, contingency } as const;
      exchange.execute({ ...list, tickets: orders }, contingency, null);
    }
    kill(exchange, { cancelOpenOrders: false });
    agent(exchange, 'S 990@98', 9);
    const [target, stop, child] = ['2', '3', '5'].map((id) => exchange.state.blotter.get(id));
    expect(exchange.listings[0].position.lots).toBe(10);
    expect([target?.status, stop?.status]).toEqual(['new', 'new']);
    expect(child).toMatchObject({ status: 'canceled', rejectReason: 'killSwitchEngaged' });
  });

  test('each scope and actor has one of his own; the last one lifted frees', () => {
    const exchange = limited({});
    kill(exchange);
    kill(exchange, { scope: 'account', by: 'operator' });
    kill(exchange, { scope: 'account' });
    kill(exchange, { reason: 'said twice' });
    expect(exchange.state.risk.killSwitches).toHaveLength(3);
    kill(exchange, { engaged: false });
    kill(exchange, { scope: 'account', engaged: false });
    expect(play(exchange, 'B 1@99')).toBe('killSwitchEngaged');
    kill(exchange, { scope: 'account', by: 'operator', engaged: false });
    expect(play(exchange, 'B 1@99')).toBe(null);
  });

  test('closing is refused before anything is canceled', () => {
    const exchange = limited({});
    play(exchange, 'B 3  S 3 STOP 90');
    kill(exchange, { cancelOpenOrders: false });
    expect(play(exchange, 'close')).toBe('killSwitchEngaged');
    expect(exchange.state.blotter.get('2')?.status).toBe('new');
  });
});
