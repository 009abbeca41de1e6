import { LabFault } from '@sandpit/schemas/lab.ts';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { conditionsAt, DELAY_MS_MAX, nextChangeMs, sightSinceMs } from './conditions.ts';
import { DelayLine } from './delay-line.ts';
import { fateOf, streamDelayMs } from './fate.ts';

const times = {
  fromSeconds: fc.integer({ min: 0, max: 90 }),
  seconds: fc.integer({ min: 1, max: 60 }),
};
const type = <T extends string>(name: T) => fc.constant(name);
const fault: fc.Arbitrary<LabFault> = fc.oneof(
  fc.record({
    ...times,
    type: type('latency'),
    delayMs: fc.integer({ min: 0, max: 5_000 }),
    jitterMs: fc.integer({ min: 0, max: 5_000 }),
  }),
  fc.record({
    ...times,
    type: type('loss'),
    ratio: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
  }),
  fc.record({ ...times, type: type('disconnect') }),
  fc.record({
    ...times,
    type: type('halfOpen'),
    direction: fc.constantFrom('both', 'toClient', 'toVenue'),
  }),
  fc.record({
    ...times,
    type: type('throttle'),
    bytesPerSecond: fc.integer({ min: 4_096, max: 100_000 }),
  }),
  fc.record({ ...times, type: type('staleBook') }),
  fc.record({
    ...times,
    type: type('rejects'),
    ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
  }),
);
const plan = fc.record({
  lengthMs: fc.integer({ min: 1, max: 120 }).map((seconds) => seconds * 1_000),
  faults: fc.array(fault, { minLength: 1, maxLength: 12 }),
});
const seed = fc.integer({ min: 0, max: 0xffff_ffff });
const elapsed = fc.integer({ min: 0, max: 150_000 });

test('what is drawn here, REST accepts', () => {
  const check = Compile(LabFault);
  fc.assert(fc.property(fault, (each) => check.Check(each)));
});

test('conditions stay the same until the next change, and are clear from the end on', () => {
  fc.assert(
    fc.property(plan, elapsed, fc.double({ min: 0, max: 1, noNaN: true }), (given, atMs, share) => {
      const nextMs = nextChangeMs(given, atMs);
      const untilMs = nextMs ?? 200_000;
      const between = atMs + Math.floor((untilMs - 1 - atMs) * share);
      expect(conditionsAt(given, between)).toEqual(conditionsAt(given, atMs));
      if (nextMs === null) {
        expect(atMs).toBeGreaterThanOrEqual(given.lengthMs);
        expect(conditionsAt(given, atMs)).toMatchObject({ toClient: 'open', toVenue: 'open' });
      }
    }),
  );
});

test('a time since which one can see ends no later than now, and is seen through', () => {
  fc.assert(
    fc.property(plan, elapsed, (given, atMs) => {
      const sinceMs = sightSinceMs(given, atMs);
      expect(sinceMs).toBeLessThanOrEqual(atMs);
      for (let ms = sinceMs; ms < atMs; ms = Math.min(atMs, nextChangeMs(given, ms) ?? atMs)) {
        expect(conditionsAt(given, ms)).toMatchObject({ toClient: 'open', toVenue: 'open' });
      }
    }),
  );
});

test('delays and chances stay within their bounds, and a seed repeats its luck', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 0, max: 100_000 }), plan, elapsed, (s, index, p, atMs) => {
      const conditions = conditionsAt(p, atMs);
      const fate = fateOf(s, index, conditions);
      const { delayMs, jitterMs, lossRatio, rejectRatio } = conditions;
      for (const ms of [
        fate.delayToVenueMs,
        fate.delayToClientMs,
        streamDelayMs(s, index, conditions),
      ]) {
        expect(ms).toBeGreaterThanOrEqual(delayMs);
        expect(ms).toBeLessThanOrEqual(delayMs + jitterMs);
        expect(ms).toBeLessThanOrEqual(2 * DELAY_MS_MAX);
      }
      if (lossRatio === 0) expect(fate.lost).toBe('no');
      if (rejectRatio === 0) expect(fate.rejected).toBe(false);
      expect(fateOf(s, index, conditions)).toEqual(fate);
    }),
  );
});

test('chances are kept over many requests, one seed unlike the next', () => {
  const conditions = {
    ...conditionsAt({ lengthMs: 1, faults: [] }, 0),
    lossRatio: 0.4,
    rejectRatio: 0.25,
  };
  const sequences = new Set<string>();
  for (let s = 0; s < 20; s++) {
    const fates = Array.from({ length: 4_000 }, (_, i) => fateOf(s, i, conditions));
    const share = (isIt: (fate: (typeof fates)[number]) => boolean) =>
      fates.filter(isIt).length / fates.length;
    expect(share(({ lost }) => lost === 'request')).toBeCloseTo(0.2, 1);
    expect(share(({ lost }) => lost === 'answer')).toBeCloseTo(0.2, 1);
    expect(share(({ rejected }) => rejected)).toBeCloseTo(0.25, 1);
    expect(share(({ lost, rejected }) => rejected && lost !== 'no')).toBeCloseTo(0.1, 1);
    sequences.add(
      fates
        .slice(0, 50)
        .map(({ lost }) => lost[0])
        .join(''),
    );
  }
  expect(sequences.size).toBe(20);
});

const piece = fc.record({
  afterMs: fc.integer({ min: 0, max: 200 }),
  bytes: fc.integer({ min: 1, max: 5_000 }),
  delayMs: fc.integer({ min: 0, max: 3_000 }),
});

test('a line loses nothing, keeps the order, delays enough and carries no faster than it can', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(4_096, 50_000, Infinity),
      (pieces, rate) => {
        const line = new DelayLine();
        const out: { id: number; atMs: number }[] = [];
        const sentMs: number[] = [];
        let nowMs = 0;
        const drainUntil = (untilMs: number) => {
          for (let next = line.nextMs; next !== null && next <= untilMs; next = line.nextMs) {
            for (const bytes of line.take(next)) out.push({ id: bytes.readUInt8(0), atMs: next });
          }
        };
        pieces.forEach(({ afterMs, bytes, delayMs }, id) => {
          nowMs += afterMs;
          drainUntil(nowMs);
          sentMs.push(nowMs);
          line.push(Buffer.alloc(bytes, id), nowMs, delayMs, rate);
        });
        drainUntil(Infinity);
        expect(out.map(({ id }) => id)).toEqual(pieces.map((_, id) => id));
        expect(line.bytes).toBe(0);
        out.forEach(({ id, atMs }) => {
          const { bytes, delayMs } = pieces[id]!;
          expect(atMs).toBeGreaterThanOrEqual(
            sentMs[id]! + delayMs + (bytes / rate) * 1_000 - 1e-6,
          );
        });
        const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(out.at(-1)!.atMs).toBeGreaterThanOrEqual((total / rate) * 1_000 - 1e-6);
      },
    ),
  );
});
