import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { Desk, scenarioWith, startedDesk } from './testing/commands.ts';
import type { PendingFrame } from './venue.ts';

/** Asks for more to keep a position than to open it: calls come quickly. */
const margin = {
  longInitialPpm: 100_000,
  longMaintenancePpm: 700_000,
  shortInitialPpm: 100_000,
  shortMaintenancePpm: 700_000,
  borrowPpm: 1_000_000,
};
const plain = scenarioWith({ warmUpSeconds: 5 });
const scenario = {
  ...plain,
  instruments: plain.instruments.map((each) => ({
    ...each,
    instrument: { ...each.instrument, margin },
  })),
};
const onMargin: Partial<StartCommand> = {
  startingCashMicros: 20_000_000_000 as never,
  account: {
    type: 'margin',
    settlementDays: 1,
    fees: FEE_SCHEDULES[2],
    margin: { debitInterestPpm: 900_000, callGraceSeconds: 1 },
  },
};
type StartCommand = Extract<CommandBody, { type: 'start' }>;
const accounts = fc.constantFrom({}, onMargin);

/** Something the trader does, after some host time. Prices are offsets from the best bid, in ticks. */
const action = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 8_000 })),
  kind: fc.constantFrom(
    'limit',
    'limit',
    'market',
    'cancel',
    'replace',
    'cancelAll',
    'pause',
    'resume',
    'speed',
  ),
  symbol: fc.constantFrom('SMALL', 'LARGE', 'COIN-USD'),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  offsetTicks: fc.integer({ min: -5, max: 5 }),
  quantityLots: fc.integer({ min: 1, max: 2_000 }),
  pick: fc.nat(5),
});
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;
const actions = fc.array(action, { minLength: 3, maxLength: 25, size: 'max' });

const nothing: Action = {
  afterMs: 8_000,
  kind: 'cancel',
  symbol: 'SMALL',
  side: 'buy',
  offsetTicks: 0,
  quantityLots: 1,
  pick: 5,
};
/** Buys for what is left of its money ten times: called in a second, liquidated in the next ones. */
const called: Action[] = [
  { ...nothing, afterMs: 100, kind: 'market', quantityLots: 600 },
  nothing,
  nothing,
];

function act(desk: Desk, each: Action): VenueEvent[] {
  const { kind, symbol, side, offsetTicks, quantityLots, pick } = each;
  const bidTicks = Math.round(Number(desk.venue.quote(symbol)!.bid ?? 1) * 100);
  const limitTicks = Math.max(1, bidTicks + offsetTicks);
  const orderId = desk.venue.openOrders()[pick]?.orderId ?? '1';
  if (kind === 'limit') return desk.order({ symbol, side, limitTicks, quantityLots });
  if (kind === 'market') return desk.order({ symbol, side, type: 'market', quantityLots });
  const bodies = {
    cancel: { type: 'cancelOrder', orderId },
    replace: { type: 'replaceOrder', orderId, quantityLots, limitTicks: null },
    cancelAll: { type: 'cancelAll', symbol, side: null },
    pause: { type: 'pause' },
    resume: { type: 'resume' },
    speed: { type: 'speed', speed: 1 + pick },
  };
  return desk.send(bodies[kind as keyof typeof bodies] as CommandBody);
}

interface Record {
  events: VenueEvent[][];
  hashes: string[];
  frames: PendingFrame[];
}

/** Plays the actions; `inStep` may do to the desk between them what must not make a difference. */
function play(
  sequence: Action[],
  inStep: (desk: Desk, toNs: SimNs) => Desk,
  account: Partial<StartCommand> = {},
): Record {
  let desk = startedDesk(scenario, 1, 5, account);
  // Frames not yet taken are no part of a snapshot: they belong to the owner that cut them.
  const record: Record = { events: [], hashes: [], frames: desk.venue.takeFrames() };
  for (const each of sequence) {
    desk.wallMs += each.afterMs;
    const toNs = desk.venue.targetNs(desk.wallMs);
    desk = inStep(desk, toNs);
    record.events.push(desk.venue.advanceTo(toNs), act(desk, each));
    record.hashes.push(desk.venue.stateHash());
    record.frames.push(...desk.venue.takeFrames());
  }
  return record;
}

const plainly = (desk: Desk): Desk => desk;

describe('same scenario, seed and commands: same events, hashes and frames', () => {
  test('again', () => {
    fc.assert(
      fc.property(actions, (sequence) => {
        expect(play(sequence, plainly)).toEqual(play(sequence, plainly));
      }),
      { numRuns: 6 },
    );
  });

  test('however often the host looks', () => {
    let calls = 0;
    fc.assert(
      fc.property(
        actions,
        fc.integer({ min: 2, max: 40 }),
        accounts,
        (sequence, looks, account) => {
          const market: VenueEvent[] = [];
          const looking = (desk: Desk, toNs: SimNs): Desk => {
            const fromNs = desk.venue.nowNs;
            for (let i = 1; i < looks; i++) {
              const atNs = fromNs + Math.floor(((toNs - fromNs) * i) / looks);
              market.push(...desk.venue.advanceTo(atNs as SimNs));
            }
            return desk;
          };
          const often = play(sequence, looking, account);
          const once = play(sequence, plainly, account);
          calls += once.events.flat().filter(({ type }) => type === 'marginCallChanged').length;
          expect(often.hashes).toEqual(once.hashes);
          expect(often.frames).toEqual(once.frames);
          const inTime = (events: VenueEvent[][]) => events.filter((_, i) => i % 2 === 1);
          expect(inTime(often.events)).toEqual(inTime(once.events));
          const fromMarket = (events: VenueEvent[][]) =>
            events.filter((_, i) => i % 2 === 0).flat();
          const all = [...market, ...fromMarket(often.events)].sort((a, b) => a.atNs - b.atNs);
          expect(all).toEqual(fromMarket(once.events));
        },
      ),
      { numRuns: 16, examples: [[called, 7, onMargin]] },
    );
    expect(calls, 'calls of the example at least').toBeGreaterThan(1);
  });

  test('with a restart from a snapshot before any of them', () => {
    fc.assert(
      fc.property(actions, fc.nat(24), accounts, (sequence, when, account) => {
        let step = 0;
        const restarting = (desk: Desk): Desk => {
          if (step++ < when % sequence.length) return desk;
          const bytes = desk.venue.snapshot();
          const copy = new Desk(restoreVenue(scenario, bytes));
          expect(Buffer.compare(copy.venue.snapshot(), bytes)).toBe(0);
          expect(copy.venue.stateHash()).toBe(desk.venue.stateHash());
          copy.wallMs = desk.wallMs;
          copy.sequence = desk.sequence;
          return copy;
        };
        expect(play(sequence, restarting, account)).toEqual(play(sequence, plainly, account));
      }),
      { numRuns: 12 },
    );
  });
});

test('another seed is another market, another order another state', () => {
  const hashOf = (seed: number, lots: number) => {
    const desk = startedDesk(scenario, 1, seed);
    desk.market('buy', lots);
    desk.wait(1_000);
    return desk.venue.stateHash();
  };
  expect(new Set([hashOf(1, 10), hashOf(2, 10), hashOf(1, 11)]).size).toBe(3);
});
