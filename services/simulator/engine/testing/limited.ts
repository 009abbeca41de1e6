/** An account within limits, and what is done to it, in desk notation. */
import { NO_LIMITS, type RiskLimits } from '@sandpit/schemas/risk.ts';
import { expect } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { ACME, exchangeWith, submit } from './desk.ts';

export const MS = 1_000_000;
export const START_NS = 5_000 * MS;

export function limited(limits: Partial<Record<keyof RiskLimits, number>>, more = {}, book = '') {
  const exchange = exchangeWith({
    book: book || 'S 50@101  S 900@102  B 50@99  B 900@98',
    instruments: [{ ...ACME, ...more }],
    cash: 10_000_000,
  });
  exchange.setNow(START_NS);
  const own = { ...NO_LIMITS, ...limits } as RiskLimits;
  const events = exchange.execute({ type: 'riskLimits', limits: own }, 'limits', null);
  expect(events).toMatchObject([{ type: 'riskChanged', risk: { own } }]);
  return exchange;
}

/** `B 5@99` an order, `+20` so many simulated ms, `#2 7@98` an amendment, `x1` a cancel, `close`, `turn`. */
export function step(exchange: Exchange, text: string) {
  const { state } = exchange;
  if (text.startsWith('+')) {
    exchange.setNow(state.nowNs + Number(text) * MS);
    return [];
  }
  const id = `do-${state.blotter.nextId}`;
  if (text.startsWith('x')) {
    return exchange.execute({ type: 'cancelOrder', orderId: text.slice(1) }, id, null);
  }
  const amended = /^#(\d+) (\d+)(?:@(\d+))?$/.exec(text);
  if (amended) {
    const [, orderId, lots, ticks] = amended;
    const terms = {
      quantityLots: Number(lots) as never,
      limitTicks: (Number(ticks) || null) as never,
    };
    return exchange.execute({ type: 'replaceOrder', orderId, ...terms }, id, null);
  }
  if (text === 'close' || text === 'turn') {
    const clientOrderId = `end-${state.blotter.nextId}`;
    const what = { symbol: 'ACME', clientOrderId, reverse: text === 'turn' };
    return exchange.execute({ type: 'closePosition', ...what }, id, null);
  }
  return submit(exchange, text);
}

/** The reason of the last step's refusal, or null. */
export function play(exchange: Exchange, steps: string): string | null {
  let reason: string | null = null;
  for (const text of steps.split('  ')) {
    const refused = step(exchange, text).find(
      ({ type }) => type === 'orderRejected' || type === 'commandRefused',
    );
    reason = refused && 'reason' in refused ? refused.reason : null;
  }
  return reason;
}
