import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { expect, test } from 'vitest';
import { builtInScenarios } from './catalogue.ts';
import { checkedScenario, ScenarioError, summaryOf, tickValueMicros } from './check.ts';
import { canonicalJson, scenarioHash } from './hash.ts';

const builtIns = await builtInScenarios();
const synthetic = builtIns.find(({ id }) => id === 'synthetic-day')!;

/** A deep copy of the synthetic day with one change. */
function changed(change: (scenario: Scenario) => void): Scenario {
  const copy = structuredClone(synthetic);
  change(copy);
  return copy;
}

test('the built-in scenarios are usable and have ids of their own', () => {
  expect(builtIns.map(({ id }) => id)).toContain('synthetic-day');
  expect(new Set(builtIns.map(({ id }) => id)).size).toBe(builtIns.length);
  expect(synthetic.instruments).toHaveLength(3);
});

test('the hash is that of the content, not of the order of keys', () => {
  const reordered = Object.fromEntries(Object.entries(synthetic).reverse()) as Scenario;
  expect(scenarioHash(reordered)).toBe(scenarioHash(synthetic));
  expect(scenarioHash(synthetic)).toMatch(/^[0-9a-f]{64}$/);
  expect(scenarioHash(changed((s) => (s.warmUpSeconds += 1)))).not.toBe(scenarioHash(synthetic));
  expect(canonicalJson({ b: [1, { d: undefined, c: null }], a: 'x' })).toBe(
    '{"a":"x","b":[1,{"c":null}]}',
  );
});

test('a summary names the symbols and, for recordings, the source', () => {
  expect(summaryOf(synthetic)).toMatchObject({
    id: 'synthetic-day',
    symbols: ['ACME', 'LUMA', 'BTC-USD'],
    source: null,
    hash: scenarioHash(synthetic),
  });
});

const split = { type: 'split', atSeconds: 900, symbol: 'ACME', newUnits: 2, oldUnits: 1 } as const;
const recording = { source: 'x', stepMs: 1_000, midHalfTicks: [2, 4], spreadTicks: [1, 1] };

test.each<[string, (scenario: Scenario) => void, RegExp]>([
  ['a missing title', (s) => delete (s as Partial<Scenario>).title, /title/],
  ['an unknown field', (s) => Object.assign(s, { colour: 'red' }), /additional/i],
  [
    'a holiday on no day',
    (s) => (s.holidays = ['2026-12-25', '2026-02-30']),
    /"2026-02-30" is no date/,
  ],
  ['a holiday with a time', (s) => (s.holidays = ['2026-12-25T00:00']), /holidays\/0/],
  [
    'a symbol that occurs twice',
    (s) => (s.instruments[1]!.instrument.symbol = 'ACME'),
    /a symbol occurs twice/,
  ],
  [
    'a wrong tick value',
    (s) => (s.instruments[0]!.instrument.tickValueMicros = 5),
    /ACME: tickValueMicros must be .* = 10000/,
  ],
  [
    'a tick worth less than a millionth',
    (s) => (s.instruments[2]!.instrument.lotSize = '0.0000001'),
    /BTC-USD: a tick on a lot is less than a millionth/,
  ],
  [
    'a fault of no known kind',
    (s) => (s.lab = { seconds: 60, faults: [{ type: 'storm' } as never] }),
    /lab\/faults\/0\/type is "storm", but must be one of latency, loss,/,
  ],
  [
    'a fault that takes what it cannot',
    (s) => (s.lab = { seconds: 60, faults: [{ type: 'halfOpen', seconds: 500 }] }),
    /lab\/faults\/0\/seconds is 500, but .*120/,
  ],
  [
    'a fault after the end of its lab',
    (s) => (s.lab = { seconds: 60, faults: [{ type: 'staleBook', fromSeconds: 60 }] }),
    /the lab's staleBook begins at 60 s, but the lab ends at 60 s/,
  ],
  [
    'a halt of nobody',
    (s) => (s.script = [{ type: 'reopen', atSeconds: 9, symbol: 'NOBODY' }]),
    /the script's reopen at 9 s is of NOBODY/,
  ],
  [
    'a dividend that no money can pay',
    (s) => (s.script = [{ type: 'dividend', atSeconds: 9, symbol: 'BTC-USD', amount: '0.001' }]),
    /the script's dividend at 9 s is no whole number/,
  ],
  [
    'a split that splits nothing',
    (s) => (s.script = [{ ...split, newUnits: 2, oldUnits: 2 }]),
    /the script's split at 900 s splits nothing/,
  ],
  [
    'two splits at once',
    (s) => (s.script = [split, { ...split, newUnits: 3 }]),
    /the script's split at 900 s occurs twice/,
  ],
  [
    'splits that leave next to no price',
    (s) => (s.script = [900, 1_800].map((atSeconds) => ({ ...split, atSeconds, newUnits: 100 }))),
    /the script's split at 1800 s takes the reference price to \d ticks/,
  ],
  [
    'a split in the middle of a candle',
    (s) => (s.script = [{ ...split, atSeconds: 930 }]),
    /\/script\/0/,
  ],
  [
    'a script with an unknown event',
    (s) => (s.script = [{ type: 'earthquake', atSeconds: 9, symbol: 'ACME' }] as never),
    /\/script\/0/,
  ],
  [
    'a basket of what is not listed before it',
    (s) => {
      const members = [{ symbol: 'LUMA', weight: 1 }];
      s.instruments[0]!.model.basket = { members, gapDeviation: 0.001, gapHalfLifeSeconds: 60 };
    },
    /ACME: its basket holds LUMA, which is not listed before it/,
  ],
  [
    'a basket that holds one twice',
    (s) => {
      const members = ['ACME', 'ACME'].map((symbol) => ({ symbol, weight: 0.5 }));
      s.instruments[1]!.model.basket = { members, gapDeviation: 0.001, gapHalfLifeSeconds: 60 };
    },
    /LUMA: a member occurs twice/,
  ],
  ['another currency', (s) => (s.instruments[0]!.instrument.currency = 'EUR'), /currency EUR/],
  ['a replay without recording', (s) => (s.kind = 'replay'), /no recording is there/],
  [
    'columns of different length',
    (s) => {
      s.kind = 'replay';
      s.instruments[0]!.recording = { ...recording, trades: [1], volumeLots: [1, 1] } as never;
    },
    /ACME: the columns of the recording differ in length/,
  ],
])('%s is refused', (_name, change, reason) => {
  expect(() => checkedScenario(changed(change), 'It')).toThrow(reason);
  expect(() => checkedScenario(changed(change), 'It')).toThrow(ScenarioError);
});

test.each([
  ['distances that do not rise', { withinTicks: [8, 8] }, /distances .* do not rise/],
  ['a distance without a column', { withinTicks: [0, 8, 32] }, /a column for each of its 3/],
  ['columns of different length', { askLots: [[1], [1, 2]] }, /depth differ in length/],
  ['less further out', { bidLots: [[2], [1]] }, /further from the best price/],
])('recorded depth with %s is refused', (_name, wrong, reason) => {
  const depth = { stepMs: 1_000, withinTicks: [0, 8], bidLots: [[1], [1]], askLots: [[1], [1]] };
  const replay = (with_: object) =>
    checkedScenario(
      changed((s) => {
        s.kind = 'replay';
        const columns = { ...recording, trades: [1, 1], volumeLots: [1, 1] };
        s.instruments[0]!.recording = { ...columns, depth: { ...depth, ...with_ } } as never;
      }),
      'It',
    );
  expect(() => replay({})).not.toThrow();
  expect(() => replay(wrong)).toThrow(reason);
});

test.each([
  ['0.01', '1', 10_000],
  ['0.01', '0.0001', 1],
  ['0.01', '0.00001', null],
  ['0.25', '50', 12_500_000],
  ['0.0000001', '1', null],
  ['0.000001', '0.5', null],
  ['0.000002', '0.5', 1],
])('a tick of %s on a lot of %s is worth %s micros', (tick, lot, micros) => {
  expect(tickValueMicros(tick, lot)).toBe(micros);
});
