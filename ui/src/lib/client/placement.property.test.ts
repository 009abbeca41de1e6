/** Whatever happens to requests, answers and the stream, each order ends known, and what is said is true. */
import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import type { LinkState } from './link.ts';
import { type PlacementRequest, type PlacementWorld, place } from './placement.ts';
import { MARKET_REPEAT_WITHIN_MS, MAX_SENDS } from './reconcile.ts';
import { orderOf } from './testing.ts';

/** What becomes of one attempt; it takes so long. `late`: the venue gets it after the client has given up. */
type Fate =
  | { kind: 'answered' | 'lostBefore' | 'lostAfter' | 'refused'; tookMs: number }
  | { kind: 'late'; tookMs: number; afterMs: number };
/** The link is lost and comes back, over and over; the last state lasts. */
type Spell = { lostMs: number; liveMs: number };

class Venue implements PlacementWorld {
  nowMs = () => this.#nowMs;
  sends = 0;
  lastSentAtMs = 0;
  /** When the venue got the order, and got it again. */
  readonly arrivals: number[] = [];
  gaveUp = false;
  readonly #fates: readonly Fate[];
  readonly #spells: readonly Spell[];
  #nowMs = 0;
  #seen: OrderView | undefined;

  constructor(fates: readonly Fate[], spells: readonly Spell[]) {
    this.#fates = fates;
    this.#spells = spells;
  }

  book = {
    known: () => (this.#stream() ?? this.#seen) as OrderView | undefined,
    apply: (order: OrderView) => {
      this.#seen = order;
    },
    annotate: () => {},
    giveUp: () => {
      this.gaveUp = true;
    },
  };

  link(): { state: LinkState; liveSinceMs: number | null } {
    let atMs = 0;
    for (const { lostMs, liveMs } of this.#spells) {
      if (this.#nowMs < atMs + lostMs) return { state: 'reconnecting', liveSinceMs: null };
      atMs += lostMs;
      if (this.#nowMs < atMs + liveMs) return { state: 'live', liveSinceMs: atMs };
      atMs += liveMs;
    }
    return { state: 'live', liveSinceMs: atMs };
  }

  isStopped = () => false;

  pause = async (ms: number): Promise<void> => {
    this.#nowMs += ms;
  };

  post = async (): Promise<readonly OrderView[]> => {
    const fate = this.#fates[this.sends] ?? { kind: 'answered', tookMs: 10 };
    this.sends += 1;
    this.lastSentAtMs = this.#nowMs;
    if (fate.kind === 'late') this.arrivals.push(this.#nowMs + fate.afterMs);
    if (fate.kind === 'lostAfter' || fate.kind === 'answered') this.arrivals.push(this.#nowMs);
    this.#nowMs += fate.tookMs;
    if (fate.kind === 'answered') return [orderOf({ clientOrderId: 'a' })];
    // The venue refuses what it does not have; what it has it answers with.
    if (fate.kind === 'refused') {
      if (this.has) return [orderOf({ clientOrderId: 'a' })];
      throw new ApiError('orderGateClosed', 'Closed.', { status: 403 });
    }
    throw ApiError.transport(fate.kind === 'lostBefore' ? 'offline' : 'timeout');
  };

  /** Now. */
  get has(): boolean {
    return this.arrivals.some((atMs) => atMs <= this.#nowMs);
  }

  /** What the stream has brought: everything, while it is live. */
  #stream(): OrderView | undefined {
    if (this.link().state !== 'live' || !this.has) return undefined;
    return orderOf({ clientOrderId: 'a' });
  }
}

const tookMs = fc.integer({ min: 1, max: 3_000 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({ kind: fc.constantFrom('answered' as const, 'refused' as const), tookMs }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('lostBefore' as const, 'lostAfter' as const),
      tookMs,
    }),
  },
  fc.record({
    kind: fc.constant('late' as const),
    tookMs,
    afterMs: fc.integer({ min: 1, max: 8_000 }),
  }),
);
const spells = fc.array(fc.record({ lostMs: fc.nat(20_000), liveMs: fc.nat(15_000) }), {
  maxLength: 5,
});

test('each order ends known, within a bounded number of attempts, and what is said of it is true', async () => {
  const told = { settled: 0, refused: 0, notPlaced: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('market' as const, 'limit' as const),
      fc.array(fate, { maxLength: 8 }),
      spells,
      async (type, fates, spans) => {
        const venue = new Venue(fates, spans);
        const order = { clientOrderId: 'a', symbol: 'ACME', side: 'buy', type, quantity: '1' };
        const request: PlacementRequest = { orders: [order as OrderRequest], post: venue.post };
        const outcome = await place(request, venue);
        expect(venue.sends).toBeLessThanOrEqual(MAX_SENDS);
        if (type === 'market') expect(venue.lastSentAtMs).toBeLessThan(MARKET_REPEAT_WITHIN_MS);
        const had = venue.has;
        if (outcome.kind === 'settled') expect(had).toBe(true);
        if (outcome.kind === 'notPlaced') {
          // Also nothing arrives afterwards.
          expect(venue.arrivals).toEqual([]);
          expect(venue.gaveUp).toBe(true);
        }
        if (outcome.kind === 'refused') {
          // Nor then: only a first attempt is refused for good.
          expect({ arrivals: venue.arrivals, gaveUp: venue.gaveUp }).toEqual({
            arrivals: [],
            gaveUp: true,
          });
        }
        if (outcome.kind !== 'left') told[outcome.kind] += 1;
      },
    ),
    { numRuns: 3_000 },
  );
  for (const count of Object.values(told)) expect(count).toBeGreaterThan(50);
});
