import { describe, expect, test } from 'vitest';
import { PLAIN_EXITS } from './exits.ts';
import { ACME, quoteOf } from './testing.ts';
import type { TicketContext } from './ticket.ts';
import { judgePlan, listText, mayHaveExits, type PlanDraft } from './ticket-plan.ts';
import { PLAIN_TERMS } from './ticket-terms.ts';

const draft = (change: Partial<PlanDraft> = {}): PlanDraft => ({
  ...PLAIN_TERMS,
  ...PLAIN_EXITS,
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '179.50',
  timeInForce: 'gtc',
  postOnly: false,
  isOco: false,
  linkedBy: 'oco',
  hasExits: true,
  followers: [],
  target: '190',
  stopLoss: '175',
  ...change,
});
const context: TicketContext = {
  instrument: ACME,
  quote: quoteOf('180.00', '180.04', '180.01'),
  buyingPowerMicros: 10_000_000_000n,
  positionLots: 10,
  workingLots: { buy: 0, sell: 0 },
  gate: { state: 'healthy', reasons: [] },
  link: 'live',
  venue: 'running',
  simulatedMs: Date.parse('2026-01-05T15:00:00Z'),
};
const judge = (change: Partial<PlanDraft> = {}) => judgePlan(draft(change), context);
const types = (change: Partial<PlanDraft>) => judge(change).list?.orders.map(({ type }) => type);

describe('an entry with exits', () => {
  test('is a bracket with both, and sends one leg with one', () => {
    expect(judge().list).toMatchObject({
      contingency: 'bracket',
      orders: [
        { side: 'buy', type: 'limit', limitPrice: '179.50' },
        { side: 'sell', type: 'limit', limitPrice: '190.00', quantity: '10' },
        { side: 'sell', type: 'stop', stopPrice: '175.00', quantity: '10' },
      ],
    });
    expect(judge({ target: '' }).list?.contingency).toBe('oto');
    expect(types({ target: '' })).toEqual(['limit', 'stop']);
  });

  test('measures from its limit, its trigger, or the other side of the book', () => {
    const percent = { exitsBy: 'percent', target: '1', stopLoss: '' } as const;
    const target = (change: Partial<PlanDraft>) =>
      judge({ ...percent, ...change }).list?.orders[1]?.limitPrice;
    expect(target({})).toBe('181.30');
    expect(target({ type: 'stop', stopPrice: '182' })).toBe('183.82');
    expect(target({ type: 'market' })).toBe('181.84');
    // Where the peg stands now: the bid of 180, or as far as its limit lets it.
    expect(target({ type: 'pegged' })).toBe('181.80');
    expect(target({ type: 'pegged', pegLimit: '179' })).toBe('180.79');
  });

  test('is not sent while an exit is wrong, and says which', () => {
    const verdict = judge({ target: '170' });
    expect(verdict).toMatchObject({ request: null, list: null });
    expect(verdict.errors.target).toMatch(/above the entry/);
    expect(judge({ quantity: '' })).toMatchObject({ list: null, request: null });
  });

  test('in parts: orders that follow it each by itself', () => {
    const part = { kind: 'target', price: '185', quantity: '4' } as const;
    const followers = [part, { ...part, price: '190', quantity: '6' }, { ...part, price: '195' }];
    const { list } = judge({ followers, target: 'not looked at' });
    expect(list).toMatchObject({
      contingency: 'oto',
      orders: [{ type: 'limit', limitPrice: '179.50' }, { quantity: '4' }, { quantity: '6' }, {}],
    });
    expect(listText(list!)).toBe('Buy 10 ACME @ 179.50 with 3 exits');
    const wrong = judge({ followers: [part, { ...part, price: '170' }] });
    expect(wrong).toMatchObject({ list: null, request: null });
    expect(wrong.followers?.errors[1]?.price).toMatch(/above the entry/);
    expect(judge({ followers, quantity: '' })).toMatchObject({ list: null, request: null });
    expect(judge({ followers, hasExits: false }).list).toBeNull();
  });

  test('may be pegged', () => {
    const { list } = judge({ type: 'pegged' });
    expect(list).toMatchObject({
      contingency: 'bracket',
      orders: [{ type: 'pegged', pegPriceType: 'primary' }, { type: 'limit' }, { type: 'stop' }],
    });
    expect(judge({ type: 'pegged', target: '179' }).errors.target).toMatch(/above the entry/);
  });

  test('exits in parts that are together more than it are sent, with a warning', () => {
    const part = { kind: 'target', price: '185', quantity: '4' } as const;
    const more = [part, { ...part, price: '190', quantity: '7' }];
    const verdict = judge({ followers: more });
    expect(verdict.list).not.toBeNull();
    expect(verdict.warnings.join()).toMatch(/more than the entry/);
    const fits = judge({ followers: [part, { ...part, price: '190', quantity: '6' }] });
    expect(fits.warnings.join()).not.toMatch(/more than the entry/);
    expect(judge({ followers: [...more, { ...part, price: '' }] }).warnings.join()).not.toMatch(
      /more than the entry/,
    );
  });

  test('is a plain order when switched off, or where there can be none', () => {
    const plain = judge({ hasExits: false, target: '1' });
    expect(plain).toMatchObject({ list: null, exits: null, errors: {} });
    expect(plain.request).not.toBeNull();
    for (const change of [
      { reduceOnly: true },
      { type: 'marketToLimit' },
      { postOnly: true, slides: true },
    ])
      expect(mayHaveExits(draft(change as Partial<PlanDraft>))).toBe(false);
    expect(judge({ type: 'marketToLimit' }).list).toBeNull();
  });
});

describe('one cancels the other', () => {
  const oco = { isOco: true, side: 'sell' } as const;
  test('two orders of the side', () => {
    expect(judge({ ...oco, stopLossLimit: '174' }).list).toEqual({
      contingency: 'oco',
      orders: [
        {
          symbol: 'ACME',
          side: 'sell',
          type: 'limit',
          quantity: '10',
          timeInForce: 'gtc',
          limitPrice: '190.00',
          postOnly: false,
        },
        {
          symbol: 'ACME',
          side: 'sell',
          type: 'stopLimit',
          quantity: '10',
          timeInForce: 'gtc',
          stopPrice: '175.00',
          limitPrice: '174.00',
          postOnly: false,
        },
      ],
    });
  });

  test('or takes its size off the other, if so chosen', () => {
    const { list } = judge({ ...oco, linkedBy: 'ouo' });
    expect(list).toMatchObject({
      contingency: 'ouo',
      orders: [{ quantity: '10' }, { quantity: '10' }],
    });
    expect(listText(list!)).toBe('Sell 10 ACME, OUO 190.00 / 175.00');
    expect(judge({ linkedBy: 'ouo' }).list?.contingency).toBe('bracket');
  });

  test.each<[string, Partial<PlanDraft>, string, RegExp]>([
    ['needs both', { target: '' }, 'target', /take a profit/],
    ['needs both', { stopLoss: '' }, 'stopLoss', /stop a loss/],
    ['a stop on the wrong side of the market', { stopLoss: '185' }, 'stopLoss', /below/],
    ['a target outside the collar', { target: '300' }, 'target', /Too far from the market/],
    ['more than there is', { quantity: '999999' }, 'quantity', /largest order/],
  ])('%s', (_name, change, field, words) => {
    const verdict = judge({ ...oco, ...change });
    expect(verdict.errors[field as 'target']).toMatch(words);
    expect(verdict).toMatchObject({ list: null, request: null });
  });

  test('each order is judged by the rules of its type, and says so at its field', () => {
    const rising = { ...context, quote: quoteOf('180.00', '180.04', '181.00') };
    const change = { isOco: true, side: 'buy', target: '179', stopLoss: '180.50' } as const;
    const { errors, list } = judgePlan(draft(change), rising);
    expect(errors.stopLoss).toMatch(/Last trade is 181\.00 already/);
    expect(list).toBeNull();
  });

  test('waits as long as both may, whatever was chosen for another type', () => {
    expect(judge({ ...oco, timeInForce: 'day' }).list?.orders[1]?.timeInForce).toBe('day');
    expect(judge({ ...oco, timeInForce: 'fok' }).list?.orders[0]?.timeInForce).toBe('gtc');
  });
});

test('what the button says', () => {
  expect(listText(judge().list!)).toBe('Buy 10 ACME @ 179.50 with exits');
  expect(listText(judge({ target: '' }).list!)).toBe('Buy 10 ACME @ 179.50 with an exit');
  expect(listText(judge({ isOco: true, side: 'sell' }).list!)).toBe(
    'Sell 10 ACME, OCO 190.00 / 175.00',
  );
});
