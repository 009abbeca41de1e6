import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Kernel } from './kernel.ts';

const TIMERS = 7;
const times = fc.array(fc.tuple(fc.nat(TIMERS - 1), fc.nat(200)), { maxLength: 60 });

/** A plain list that is searched every time: what the heap must agree with. */
function reference(sets: [number, number][]): string[] {
  const due = new Map<number, { dueNs: number; order: number }>();
  sets.forEach(([timer, dueNs], order) => {
    due.set(timer, { dueNs, order });
  });
  return [...due]
    .sort(([, a], [, b]) => a.dueNs - b.dueNs || a.order - b.order)
    .map(([timer, { dueNs }]) => `${timer}@${dueNs}`);
}

test('the heap agrees with a sorted list, in one advance or in many', () => {
  fc.assert(
    fc.property(times, fc.array(fc.nat(200)), (sets, stops) => {
      const kernel = new Kernel(TIMERS);
      for (const [timer, dueNs] of sets) kernel.set(timer, dueNs);
      const seen: string[] = [];
      for (const stop of [...stops.sort((a, b) => a - b), 200]) {
        kernel.advanceTo(stop, (timer) => seen.push(`${timer}@${kernel.nowNs}`));
      }
      expect(seen).toEqual(reference(sets));
    }),
  );
});
