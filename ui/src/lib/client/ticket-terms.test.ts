import { describe, expect, test } from 'vitest';
import { ACME, quoteOf } from './testing.ts';
import { judgeTicket, type TicketContext, type TicketDraft, type TicketField } from './ticket.ts';
import { PLAIN_TERMS } from './ticket-terms.ts';

const NOW = Date.parse('2026-01-05T15:00:00Z');
const draft = (change: Partial<TicketDraft> = {}): TicketDraft => ({
  ...PLAIN_TERMS,
  side: 'sell',
  type: 'stop',
  quantity: '10',
  limitPrice: '',
  timeInForce: 'gtc',
  postOnly: false,
  ...change,
});
const context = (change: Partial<TicketContext> = {}): TicketContext => ({
  instrument: ACME,
  quote: quoteOf('180.00', '180.04', '180.01'),
  buyingPowerMicros: 10_000_000_000n,
  positionLots: 10,
  workingLots: { buy: 0, sell: 0 },
  gate: { state: 'healthy', reasons: [] },
  link: 'live',
  venue: 'running',
  simulatedMs: NOW,
  ...change,
});
const judge = (change: Partial<TicketDraft>, more: Partial<TicketContext> = {}) =>
  judgeTicket(draft(change), context(more));

describe('what is sent', () => {
  const base = { symbol: 'ACME', side: 'sell', quantity: '10', timeInForce: 'gtc' };
  test.each<[string, Partial<TicketDraft>, object]>([
    ['a stop', { stopPrice: '178.50' }, { ...base, type: 'stop', stopPrice: '178.50' }],
    [
      'a stop-limit by the quote',
      { type: 'stopLimit', stopPrice: '178.50', limitPrice: '178', triggerReference: 'quote' },
      {
        ...base,
        type: 'stopLimit',
        stopPrice: '178.50',
        limitPrice: '178',
        triggerReference: 'quote',
        postOnly: false,
      },
    ],
    [
      'if touched',
      { type: 'marketIfTouched', stopPrice: '181' },
      { ...base, type: 'marketIfTouched', stopPrice: '181' },
    ],
    [
      'trailing in percent',
      { type: 'trailingStop', trail: '1.5', stopPrice: '99' },
      { ...base, type: 'trailingStop', trailPercent: '1.5' },
    ],
    [
      'trailing by an amount, with a limit at the trigger',
      { type: 'trailingStopLimit', trailBy: 'amount', trail: '2', limitOffset: '0' },
      { ...base, type: 'trailingStopLimit', trailAmount: '2', limitOffset: '0' },
    ],
    ['market to limit', { type: 'marketToLimit' }, { ...base, type: 'marketToLimit' }],
    [
      'good till a date, reduce only',
      {
        type: 'limit',
        limitPrice: '181',
        timeInForce: 'gtd',
        expireAt: '2026-01-05T15:30',
        reduceOnly: true,
      },
      {
        ...base,
        type: 'limit',
        limitPrice: '181',
        postOnly: false,
        timeInForce: 'gtd',
        expireAt: '2026-01-05T15:30:00.000Z',
        reduceOnly: true,
      },
    ],
    [
      'a post-only order that slides where it would have crossed',
      {
        type: 'limit',
        limitPrice: '180.00',
        postOnly: true,
        slides: true,
        selfTradePrevention: 'decrement',
      },
      {
        ...base,
        type: 'limit',
        limitPrice: '180.00',
        postOnly: true,
        postOnlyMode: 'slide',
        selfTradePrevention: 'decrement',
      },
    ],
    [
      'a market order with a minimum says that it is immediate',
      { type: 'market', minimumQuantity: '5' },
      { ...base, type: 'market', minimumQuantity: '5', timeInForce: 'ioc' },
    ],
    [
      'what the type cannot carry is left out',
      {
        stopPrice: '178.50',
        timeInForce: 'fok',
        postOnly: true,
        slides: true,
        minimumQuantity: '5',
      },
      { ...base, type: 'stop', stopPrice: '178.50' },
    ],
  ])('%s', (_name, change, request) => expect(judge(change).request).toEqual(request));
});

describe('what is wrong', () => {
  test.each<[string, Partial<TicketDraft>, TicketField, RegExp]>([
    ['no trigger', {}, 'stopPrice', /Enter a trigger price/],
    ['off the grid', { stopPrice: '178.505' }, 'stopPrice', /steps of 0\.01/],
    [
      'a sell stop at the last price',
      { stopPrice: '180.01' },
      'stopPrice',
      /180\.01 already.*below/,
    ],
    ['a buy stop below it', { side: 'buy', stopPrice: '180.00' }, 'stopPrice', /already.*above/],
    [
      'a sell if touched below it',
      { type: 'marketIfTouched', stopPrice: '180.00' },
      'stopPrice',
      /above/,
    ],
    [
      'by the bid',
      { stopPrice: '180.00', triggerReference: 'quote' },
      'stopPrice',
      /180\.00 already/,
    ],
    [
      'by the mid',
      { stopPrice: '180.02', triggerReference: 'mid' },
      'stopPrice',
      /180\.02 already/,
    ],
    [
      'a limit far from its trigger',
      { type: 'stopLimit', stopPrice: '170', limitPrice: '150' },
      'limitPrice',
      /from the trigger.*153\.00 to 187\.00/,
    ],
    ['no distance', { type: 'trailingStop' }, 'trail', /Enter a distance/],
    ['all of it', { type: 'trailingStop', trail: '100' }, 'trail', /below 100/],
    [
      'a distance off the grid',
      { type: 'trailingStop', trailBy: 'amount', trail: '1.005' },
      'trail',
      /steps/,
    ],
    [
      'a distance beyond zero',
      { type: 'trailingStop', trailBy: 'amount', trail: '181' },
      'trail',
      /larger than the price/,
    ],
    ['no offset', { type: 'trailingStopLimit', trail: '1' }, 'limitOffset', /0 or more/],
    [
      'no date',
      { type: 'limit', limitPrice: '181', timeInForce: 'gtd' },
      'expireAt',
      /Choose when/,
    ],
    [
      'a date gone by',
      { type: 'limit', limitPrice: '181', timeInForce: 'gtd', expireAt: '2026-01-05T15:00' },
      'expireAt',
      /past/,
    ],
    [
      'a minimum above the size',
      { type: 'market', minimumQuantity: '11' },
      'minimumQuantity',
      /More than/,
    ],
    [
      'nothing to reduce',
      { side: 'buy', type: 'market', reduceOnly: true },
      'quantity',
      /no position/,
    ],
  ])('%s', (_name, change, field, message) => {
    const verdict = judge(change);
    expect(verdict.errors[field]).toMatch(message);
    expect(verdict.request).toBeNull();
  });

  test('a reduce-only stop may come before the position that it protects', () => {
    expect(judge({ stopPrice: '178.50', reduceOnly: true }, { positionLots: 0 }).errors).toEqual(
      {},
    );
  });
});

describe('money', () => {
  test('a stop on what is held asks for none', () => {
    expect(judge({ stopPrice: '178.50' }, { buyingPowerMicros: 0n }).errors).toEqual({});
  });

  test('a buy stop holds what the market may ask when it fires', () => {
    const buy = { side: 'buy', stopPrice: '181.00' } as const;
    const { buyingPowerAfterMicros } = judge(buy, { positionLots: 0 });
    // 10 at 181.00 and the collar of 10 %; a maker's fee below zero is not held.
    expect(buyingPowerAfterMicros).toBe(10_000_000_000n - 1_991_000_000n);
    const poor = judge(buy, { positionLots: 0, buyingPowerMicros: 1_990_999_999n });
    expect(poor.errors.quantity).toMatch(/buying power/);
  });

  test('a trailing trigger starts at its distance from the market', () => {
    const at = (change: Partial<TicketDraft>) =>
      judge({ type: 'trailingStop', ...change }).triggerTicks;
    expect(at({ trailBy: 'amount', trail: '2' })).toBe(17_801);
    expect(at({ trail: '10' })).toBe(16_201);
    expect(at({ side: 'buy', trail: '10', triggerReference: 'mid' })).toBe(19_802);
  });
});

describe('as a whole, or in parts that are large enough', () => {
  const limit = { type: 'limit', stopPrice: '', limitPrice: '181' } as const;
  const request = (change: Partial<TicketDraft>) => judge({ ...limit, ...change }).request;
  test('of what rests', () => {
    expect(request({ allOrNone: true })).toMatchObject({ allOrNone: true, timeInForce: 'gtc' });
    expect(request({ minimumQuantity: '5' })).toMatchObject({ minimumQuantity: '5' });
    expect(request({ allOrNone: true, minimumQuantity: '5' })).not.toHaveProperty(
      'minimumQuantity',
    );
    const hidden = { display: 'none' } as const;
    expect(request({ allOrNone: true, ...hidden })).not.toHaveProperty('displayQuantity');
    expect(request({ minimumQuantity: '5', ...hidden })).not.toHaveProperty('displayQuantity');
  });

  test.each<[string, Partial<TicketDraft>]>([
    ['post-only', { postOnly: true }],
    ['reduce-only', { reduceOnly: true }],
    ['at once', { timeInForce: 'fok' }],
    ['in an auction', { timeInForce: 'opg' }],
    ['without a limit', { type: 'marketToLimit' }],
  ])('not %s', (_name, change) => {
    expect(request({ ...change, allOrNone: true })).not.toHaveProperty('allOrNone');
    expect(request({ ...change, minimumQuantity: '5' })).not.toHaveProperty('minimumQuantity');
  });

  test('a minimum of what is immediate', () => {
    expect(request({ timeInForce: 'ioc', minimumQuantity: '5' })).toHaveProperty('minimumQuantity');
    const market = { type: 'market', timeInForce: 'ioc', minimumQuantity: '5' } as const;
    expect(request(market)).toMatchObject({ timeInForce: 'ioc', minimumQuantity: '5' });
  });
});

describe('orders for an auction', () => {
  test('are kept, whatever the book says now', () => {
    const limit = { type: 'limit', stopPrice: '', limitPrice: '150', side: 'sell' } as const;
    const wide = { instrument: { ...ACME, collarPpm: 900_000 } };
    expect(judge(limit, wide).warnings[0]).toMatch(/Crosses the spread/);
    expect(judge({ ...limit, timeInForce: 'cls' }, wide).warnings[0]).toMatch(
      /Kept for the auction/,
    );
    const preOpen = {
      ...wide,
      quote: { ...quoteOf('180.00', '180.04', '180.01'), phase: 'preOpen' as const },
    };
    expect(judge(limit, preOpen).warnings).toEqual([expect.stringMatching(/Kept for the auction/)]);
    expect(judge({ ...limit, postOnly: true }, preOpen).errors.limitPrice).toBeUndefined();
  });

  const market = { type: 'market', stopPrice: '' } as const;
  test('a market order says it, and is immediate otherwise', () => {
    expect(judge({ ...market, timeInForce: 'cls' }).request?.timeInForce).toBe('cls');
    expect(judge({ ...market, timeInForce: 'day' }).request?.timeInForce).toBeUndefined();
  });

  test('a limit order does not rest for them: it is not post-only', () => {
    const limit = { type: 'limit', stopPrice: '', limitPrice: '181', postOnly: true } as const;
    expect(judge({ ...limit, timeInForce: 'opg' }).request).toMatchObject({
      timeInForce: 'opg',
      postOnly: false,
    });
    expect(judge({ ...limit, timeInForce: 'day' }).request).toMatchObject({ postOnly: true });
  });
});

describe('how much the others see', () => {
  const limit = { type: 'limit', stopPrice: '', limitPrice: '181', quantity: '500' } as const;
  const part = { ...limit, display: 'part' } as const;
  test('a part, nothing, or all of it', () => {
    const rich = { buyingPowerMicros: 1_000_000_000_000n };
    const shown = (change: Partial<TicketDraft>) => judge(change, rich).request?.displayQuantity;
    expect(shown({ ...part, displayQuantity: '50' })).toBe('50');
    expect(shown({ ...limit, display: 'none' })).toBe('0');
    expect(shown({ ...limit, displayQuantity: '50' })).toBeUndefined();
  });

  test('only of what rests at a limit', () => {
    expect(
      judge({ ...limit, display: 'none', timeInForce: 'ioc' }).request?.displayQuantity,
    ).toBeUndefined();
    expect(
      judge({ ...limit, type: 'market', display: 'none' }).request?.displayQuantity,
    ).toBeUndefined();
    const trailing = {
      type: 'trailingStopLimit',
      trail: '1',
      limitOffset: '0',
      display: 'none',
    } as const;
    expect(judge(trailing).request?.displayQuantity).toBe('0');
  });

  test.each([
    ['', /what to show/],
    ['0.5', /steps of 1/],
    ['501', /More than the quantity/],
    ['4', /hundredth/],
  ])('%s is refused', (displayQuantity, words) => {
    const verdict = judge({ ...part, displayQuantity });
    expect(verdict.request).toBeNull();
    expect(verdict.errors.displayQuantity).toMatch(words);
  });
});

describe('pegged', () => {
  const peg = { type: 'pegged', stopPrice: '', side: 'buy' } as const;
  test.each<[Partial<TicketDraft>, object]>([
    [{}, { pegPriceType: 'primary', timeInForce: 'gtc' }],
    [
      { pegPriceType: 'mid', pegOffset: '+.05' },
      { pegPriceType: 'mid', pegOffset: '0.05' },
    ],
    [{ pegPriceType: 'market', pegOffset: ' -0.10 ' }, { pegOffset: '-0.10' }],
  ])('%j', (change, request) => {
    const verdict = judge({ ...peg, ...change });
    expect(verdict.errors).toEqual({});
    expect(verdict.request).toMatchObject(request);
    expect(verdict.request).not.toHaveProperty('limitPrice');
  });

  test.each(['x', '0.005', '--1', '1-'])('%s is no offset', (pegOffset) => {
    expect(judge({ ...peg, pegOffset }).errors.pegOffset).toMatch(/steps of 0\.01/);
  });

  test('a limit is as far as it goes, and is sent only by a pegged order', () => {
    const capped = { ...peg, pegPriceType: 'market', pegLimit: '180.01' } as const;
    expect(judge(capped).request).toMatchObject({ type: 'pegged', limitPrice: '180.01' });
    expect(judge(capped).notionalMicros).toBe(1_800_100_000);
    expect(judge({ ...capped, pegLimit: '181' }).notionalMicros).toBe(1_800_400_000);
    const sell = { ...peg, side: 'sell', pegPriceType: 'market' } as const;
    expect(judge({ ...sell, pegLimit: '180.03' }).notionalMicros).toBe(1_800_300_000);
    expect(judge({ ...sell, pegLimit: '179' }).notionalMicros).toBe(1_800_000_000);
    expect(judge({ type: 'market', pegLimit: '180.01' }).request).not.toHaveProperty('limitPrice');
  });

  test.each([
    ['x', /above zero/],
    ['180.005', /steps of 0\.01/],
    ['300', /Too far from the market/],
  ])('%s is no limit of it', (pegLimit, words) => {
    const { errors, request } = judge({ ...peg, pegLimit });
    expect(errors.pegLimit).toMatch(words);
    expect(request).toBeNull();
  });

  test('is estimated where it would stand, as maker', () => {
    const at = (change: Partial<TicketDraft>) => judge({ ...peg, ...change }).notionalMicros;
    expect(at({})).toBe(1_800_000_000);
    expect(at({ pegPriceType: 'mid', pegOffset: '-0.01' })).toBe(1_800_100_000);
    expect(at({ pegPriceType: 'market', side: 'sell' })).toBe(1_800_000_000);
    expect(judge({ ...peg }).warnings).toEqual([]);
    expect(judge(peg, { quote: quoteOf(null, null, '180.00') }).notionalMicros).toBeNull();
  });
});
