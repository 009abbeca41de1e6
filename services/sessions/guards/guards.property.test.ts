/**
 * Several processes, one shelf, one trader who comes and goes; processes die between a claim and its
 * end, and the shelf is away for a while.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Guards } from './guards.ts';
import { Shelf } from './testing/shelf.ts';

const GRACE_MS = 10_000;
const SESSION = 's';
const SIMULATORS = 2;

interface Step {
  at: number;
  what: 'beat' | 'beats' | 'open' | 'close' | 'heartbeat' | 'return' | 'dies' | 'away';
  afterMs: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  at: fc.nat(2),
  afterMs: fc.constantFrom(1, 250, 500, 3_000, 9_999),
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Step['what']>('beat', 'beats') },
    { weight: 1, arbitrary: fc.constantFrom<Step['what']>('open', 'heartbeat', 'return') },
    { weight: 2, arbitrary: fc.constant<Step['what']>('close') },
    { weight: 1, arbitrary: fc.constantFrom<Step['what']>('dies', 'away') },
  ),
});

interface Cancel {
  commandId: string;
  simulatorId: string;
  atMs: number;
  /** Signs of life before this moment. */
  signs: number;
}

class House {
  readonly shelf = new Shelf();
  readonly cancels: Cancel[] = [];
  readonly streams = [0, 0, 0];
  readonly dying = [false, false, false];
  readonly guards = [0, 1, 2].map((i) => this.#process(i));
  /** Each moment at which the trader was there. */
  readonly signs: number[] = [];
  deaths = 0;

  #process(i: number): Guards {
    const { shelf } = this;
    return new Guards({
      store: shelf,
      now: () => shelf.nowMs,
      renewals: () => [],
      streaming: () => (this.streams[i]! > 0 ? [SESSION] : []),
      isHeard: async (id, withinMs) => this.#isStreaming || this.#heardWithin(id, withinMs),
      onFired: () => {},
      onTrouble: () => {},
      cancel: async ({ commandId, simulatorId }) => {
        if (this.dying[i]) {
          this.dying[i] = false;
          this.deaths += 1;
          throw new Error('dead');
        }
        const atMs = shelf.nowMs;
        // What comes at the same moment may come later.
        const signs = this.signs.filter((ms) => ms < atMs).length;
        this.cancels.push({ commandId, simulatorId, atMs, signs });
      },
    });
  }

  get #isStreaming(): boolean {
    return this.streams.some((count) => count > 0);
  }

  #heardWithin(id: string, withinMs: number): boolean {
    return this.guards.some((each) => this.shelf.nowMs - each.heardAtMs(id) < withinMs);
  }

  async begin(): Promise<void> {
    await this.guards[0]!.set('ada', SESSION, { mode: 'cancel', graceSeconds: GRACE_MS / 1_000 });
    this.signs.push(this.shelf.nowMs);
  }

  async take({ at, what, afterMs }: Step): Promise<void> {
    const { shelf, guards, streams } = this;
    if (this.#isStreaming) this.signs.push(shelf.nowMs);
    shelf.nowMs += afterMs;
    if (this.#isStreaming) this.signs.push(shelf.nowMs);
    const beat = (i: number) => guards[i]!.beat().catch(() => {});
    const sign = () => {
      this.signs.push(shelf.nowMs);
      guards[at]!.seen(SESSION, true);
      return guards[at]!.flush().catch(() => {});
    };
    if (what === 'beat') await beat(at);
    else if (what === 'beats') await Promise.all([0, 1, 2].map(beat));
    else if (what === 'dies') this.dying[at] = true;
    else if (what === 'away') shelf.away = !shelf.away;
    else if (what === 'heartbeat') await sign();
    else if (what === 'return') await Promise.all([...[0, 1, 2].map(beat), sign()]);
    else if (what === 'open') {
      streams[at]! += 1;
      await sign();
    } else if (streams[at]! > 0) {
      streams[at]! -= 1;
      await sign();
    }
  }

  /** Everybody leaves, everything works, time passes. */
  async settle(): Promise<void> {
    this.shelf.away = false;
    this.dying.fill(false);
    for (const at of [0, 1, 2]) {
      while (this.streams[at]! > 0) await this.take({ at, what: 'close', afterMs: 1 });
    }
    for (let i = 0; i < 120; i++) await this.take({ at: i % 3, what: 'beat', afterMs: 500 });
  }
}

test('nothing is canceled for a trader who is there, and once for one who is not', async () => {
  const seen = { absences: 0, deaths: 0, rounds: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 200 }), async (steps) => {
      const house = new House();
      await house.begin();
      for (const each of steps) await house.take(each);
      await house.settle();
      const byAbsence = Map.groupBy(house.cancels, ({ signs }) => signs);
      for (const [signs, cancels] of byAbsence) {
        const lastSignMs = house.signs[signs - 1]!;
        expect(Math.min(...cancels.map(({ atMs }) => atMs)) - lastSignMs).toBeGreaterThanOrEqual(
          GRACE_MS,
        );
        expect(new Set(cancels.map(({ commandId }) => commandId)).size).toBe(1);
      }
      const commands = Map.groupBy(house.cancels, ({ commandId }) => commandId);
      expect(commands.size).toBe(byAbsence.size);
      const last = byAbsence.get(house.signs.length) ?? [];
      expect(new Set(last.map(({ simulatorId }) => simulatorId)).size).toBe(SIMULATORS);
      seen.absences += byAbsence.size;
      seen.deaths += house.deaths;
      seen.rounds += 1;
    }),
    { numRuns: 400 },
  );
  // What is counted is common enough to be counted on.
  expect(seen.absences).toBeGreaterThan(seen.rounds * 1.5);
  expect(seen.deaths).toBeGreaterThan(seen.rounds / 10);
});
