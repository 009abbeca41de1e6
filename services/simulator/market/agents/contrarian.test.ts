import { expect, test } from 'vitest';
import { BUY, SELL } from '../access.ts';
import { Random } from '../random.ts';
import { AgentDesk } from '../testing/agent-desk.ts';
import { Contrarian } from './contrarian.ts';

/** Ten minutes at 18,000, then a quote elsewhere. */
function after(bidTicks: number) {
  const desk = new AgentDesk();
  const contrarian = new Contrarian(desk.state, Random.stream(1, 'contrarian'));
  desk.quote(17_998, 18_002);
  for (let step = 0; step < 2_400; step++) contrarian.observe();
  desk.quote(bidTicks, bidTicks + 4);
  const order = { side: BUY, lots: 0 } as { side: 0 | 1; lots: number };
  return { trades: contrarian.decide(order), order, contrarian, desk };
}

test.each([
  ['buys what has fallen', 17_900, true, BUY],
  ['sells what has risen', 18_100, true, SELL],
  ['leaves alone what has hardly moved', 18_003, false, BUY],
] as const)('%s', (_name, bidTicks, trades, side) => {
  const seen = after(bidTicks);
  expect(seen.trades).toBe(trades);
  expect(seen.order.side).toBe(side);
  if (trades) expect(seen.order.lots).toBeGreaterThan(0);
});

test('a restored one decides the same', () => {
  const { contrarian, desk } = after(17_900);
  const twin = new Contrarian(desk.state, Random.stream(2, 'other'));
  twin.restore(contrarian.snapshot());
  expect(twin.snapshot()).toEqual(contrarian.snapshot());
});
