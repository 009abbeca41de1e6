import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, HEARTBEAT_INTERVAL_MS, observe, RECOVERY_MS, UNSEEN } from './gate.ts';

const beat = fc.record({
  pauseMs: fc.integer({ min: 0, max: 60_000 }),
  roundTripMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  feedAgeMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
});

/** What any history of heartbeats leaves behind, and when it ended. */
function after(history: { pauseMs: number; roundTripMs: number; feedAgeMs: number }[]) {
  let nowMs = 1_000_000;
  let quality = UNSEEN;
  history.forEach(({ pauseMs, roundTripMs, feedAgeMs }, sequence) => {
    nowMs += pauseMs;
    quality = observe(quality, { sequence, roundTripMs, feedAgeMs }, nowMs);
  });
  return { quality, nowMs };
}

test('whatever happened, 30 s of silence close the gate', () => {
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 20 }), (history) => {
      const { quality, nowMs } = after(history);
      expect(advance(quality, nowMs + 30_000).state).toBe('closed');
    }),
  );
});

test('whatever happened, a good connection opens it again', () => {
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 20 }), (history) => {
      let { quality, nowMs } = after(history);
      for (let sequence = 100; sequence < 140; sequence++) {
        nowMs += HEARTBEAT_INTERVAL_MS;
        quality = observe(quality, { sequence, roundTripMs: 40, feedAgeMs: 100 }, nowMs);
      }
      expect(advance(quality, nowMs + RECOVERY_MS).state).toBe('healthy');
    }),
  );
});

test('anything but healthy has a reason', () => {
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 20 }), fc.nat(60_000), (history, ms) => {
      const { quality, nowMs } = after(history);
      const { state, reasons } = advance(quality, nowMs + ms);
      if (state !== 'healthy') expect(reasons.length).toBeGreaterThan(0);
    }),
  );
});

test('looking more often does not make it worse', () => {
  fc.assert(
    fc.property(fc.array(beat, { minLength: 1, maxLength: 10 }), (history) => {
      const { quality, nowMs } = after(history);
      let watched = quality;
      for (let ms = 0; ms < 40_000; ms += 500) watched = advance(watched, nowMs + ms);
      expect(advance(watched, nowMs + 40_000).state).toBe(advance(quality, nowMs + 40_000).state);
    }),
  );
});
