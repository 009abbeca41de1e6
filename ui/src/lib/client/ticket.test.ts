import { describe, expect, test } from 'vitest';
import { ACME, BTC, quoteOf } from './testing.ts';
import { cleanNumber, judgeTicket, type TicketContext, type TicketDraft } from './ticket.ts';
import { PLAIN_TERMS } from './ticket-terms.ts';

const draft = (change: Partial<TicketDraft> = {}): TicketDraft => ({
  ...PLAIN_TERMS,
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '180.00',
  timeInForce: 'gtc',
  postOnly: false,
  ...change,
});
const context = (change: Partial<TicketContext> = {}): TicketContext => ({
  instrument: ACME,
  quote: quoteOf('180.00', '180.02', '180.01'),
  buyingPowerMicros: 10_000_000_000n,
  positionLots: 0,
  workingLots: { buy: 0, sell: 0 },
  gate: { state: 'healthy', reasons: [] },
  link: 'live',
  venue: 'running',
  simulatedMs: Date.parse('2026-01-05T15:00:00Z'),
  ...change,
});

describe('a good ticket', () => {
  test('becomes a request in decimal text, with its money worked out', () => {
    const verdict = judgeTicket(draft({ quantity: ' 1,0 ', limitPrice: '180' }), context());
    expect(verdict).toMatchObject({
      errors: {},
      blocked: null,
      notionalMicros: 1_800_000_000,
      // A maker is paid 20 ppm.
      feeMicros: -36_000,
      buyingPowerAfterMicros: 10_000_000_000n - 1_800_000_000n + 36_000n,
      request: {
        symbol: 'ACME',
        side: 'buy',
        type: 'limit',
        quantity: '10',
        limitPrice: '180',
        timeInForce: 'gtc',
        postOnly: false,
      },
    });
  });

  test('a market order is estimated at the other side, as taker, and names no price', () => {
    const verdict = judgeTicket(draft({ type: 'market', side: 'sell' }), context());
    expect(verdict.notionalMicros).toBe(1_800_000_000);
    expect(verdict.feeMicros).toBe(540_000);
    expect(verdict.request).toEqual({
      symbol: 'ACME',
      side: 'sell',
      type: 'market',
      quantity: '10',
    });
  });
});

describe('fields', () => {
  test.each<[string, Partial<TicketDraft>, 'quantity' | 'limitPrice', RegExp]>([
    ['no quantity', { quantity: '' }, 'quantity', /Enter a quantity/],
    ['no number', { quantity: 'ten' }, 'quantity', /above zero/],
    ['zero', { quantity: '0.0' }, 'quantity', /above zero/],
    ['a minus', { quantity: '-5' }, 'quantity', /above zero/],
    ['exponents', { quantity: '1e3' }, 'quantity', /above zero/],
    ['half a lot', { quantity: '0.5' }, 'quantity', /steps of 1\./],
    ['too large', { quantity: '10001' }, 'quantity', /largest/],
    ['no price', { limitPrice: ' ' }, 'limitPrice', /Enter a limit price/],
    ['off the grid', { limitPrice: '180.005' }, 'limitPrice', /steps of 0\.01/],
    [
      'a slip of the finger',
      { limitPrice: '18.00' },
      'limitPrice',
      /Too far .* 162\.01 to 198\.01/,
    ],
    ['beyond the money', { quantity: '56' }, 'quantity', /buying power/],
    ['post-only that crosses', { limitPrice: '180.02', postOnly: true }, 'limitPrice', /Post-only/],
  ])('%s', (_name, change, field, message) => {
    const verdict = judgeTicket(draft(change), context());
    expect(verdict.errors[field]).toMatch(message);
    expect(verdict.request).toBeNull();
  });

  test('the whole of the buying power may be spent, and no micro more', () => {
    const exact = 1_800_000_000n;
    const at = (buyingPowerMicros: bigint) =>
      judgeTicket(draft(), context({ buyingPowerMicros })).errors.quantity;
    expect(at(exact)).toBeUndefined();
    expect(at(exact - 1n)).toMatch(/buying power/);
  });

  test('closing needs no buying power; what goes beyond the position does', () => {
    const poor = { buyingPowerMicros: 0n, positionLots: 10 };
    expect(judgeTicket(draft({ side: 'sell' }), context(poor)).errors).toEqual({});
    expect(
      judgeTicket(draft({ side: 'sell', quantity: '11' }), context(poor)).errors.quantity,
    ).toMatch(/buying power/);
    const short = { buyingPowerMicros: 0n, positionLots: -10 };
    expect(judgeTicket(draft(), context(short)).errors).toEqual({});
  });

  test('what cannot be sold short cannot', () => {
    const quote = quoteOf('64000.0', '64000.1', '64000.0');
    const sell = draft({ type: 'market', side: 'sell', quantity: '0.0002' });
    const at = (positionLots: number) =>
      judgeTicket(sell, context({ instrument: BTC, quote, positionLots })).errors.quantity;
    expect(at(2)).toBeUndefined();
    expect(at(1)).toMatch(/short/);
    expect(at(0)).toMatch(/short/);
    const working = { instrument: BTC, quote, positionLots: 3, workingLots: { buy: 0, sell: 2 } };
    expect(judgeTicket(sell, context(working)).errors.quantity).toMatch(/short/);
  });
});

describe('when nothing can be sent', () => {
  test.each([
    'connecting',
    'stale',
    'recovering',
    'halted',
    'reconnecting',
    'offline',
    'ended',
  ] as const)('the link is %s', (link) => {
    expect(judgeTicket(draft(), context({ link })).blocked).toBeTruthy();
  });

  test('a kill switch is on', () => {
    expect(judgeTicket(draft(), context({ isKilled: true })).blocked).toMatch(/kill switch/);
  });

  test('the gate is closed, with its reasons', () => {
    const gate = { state: 'closed', reasons: ['heartbeatLate'] } as const;
    const { blocked } = judgeTicket(
      draft(),
      context({ gate: { ...gate, reasons: [...gate.reasons] } }),
    );
    expect(blocked).toMatch(/heartbeats arrive late/);
  });

  test('reduce only lets through what reduces', () => {
    const gate = { state: 'reduceOnly' as const, reasons: [] };
    const sell = (quantity: string, positionLots: number) =>
      judgeTicket(draft({ side: 'sell', quantity }), context({ gate, positionLots })).blocked;
    expect(sell('10', 10)).toBeNull();
    expect(sell('11', 10)).toMatch(/reduce/);
    expect(sell('1', -10)).toMatch(/reduce/);
    expect(
      judgeTicket(draft({ quantity: '10' }), context({ gate, positionLots: -10 })).blocked,
    ).toBeNull();
  });

  test('a stopped simulator', () => {
    expect(judgeTicket(draft(), context({ venue: 'stopped' })).blocked).toMatch(/stopped/);
    expect(judgeTicket(draft(), context({ venue: 'paused' })).blocked).toBeNull();
  });
});

describe('warnings', () => {
  const warningsOf = (change: Partial<TicketDraft>, more: Partial<TicketContext> = {}) =>
    judgeTicket(draft(change), context(more)).warnings.join(' ');
  test.each([
    ['a limit that crosses', warningsOf({ limitPrice: '180.02' }), /taker/],
    ['a limit far away', warningsOf({ limitPrice: '170.00' }), /2 %/],
    [
      'an empty side',
      warningsOf({ type: 'market' }, { quote: quoteOf('180.00', null, null) }),
      /liquidity/,
    ],
    ['a paused market', warningsOf({}, { venue: 'paused' }), /paused/],
  ])('%s', (_name, text, expected) => expect(text).toMatch(expected));

  test('none for an ordinary order', () => expect(warningsOf({})).toBe(''));
});

test.each([
  ['1,250.50', '1250.50'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['007', '7'],
  ['', null],
  ['0', null],
  ['1.2.3', null],
  ['∞', null],
  ['12345678901234567', null],
])('cleanNumber(%j) is %j', (text, expected) => expect(cleanNumber(text)).toBe(expected));
