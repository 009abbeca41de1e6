import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientIds } from './client-ids.ts';

const id = fc.oneof(
  // Few and short, so that they come again; then anything, lone surrogates and zeros included.
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 }),
  },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 36 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\0', 'ä'), minLength: 1, maxLength: 3 }),
);

test('finds what a Map finds, and lists it in the same order', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300, size: 'max' }), fc.array(id), (used, others) => {
      const ids = new ClientIds();
      const map = new Map<string, number>();
      for (const [i, each] of used.entries()) {
        // Asked for before it is set, as an order does, or another one is.
        expect(ids.get(each)).toBe(map.get(each) ?? 0);
        if (i % 3 === 0) ids.get(`${each}b`);
        if (i % 5 === 0) ids.set(`${each}a`, 7);
        if (i % 5 === 0) map.set(`${each}a`, 7);
        ids.set(each, i + 1);
        map.set(each, i + 1);
      }
      for (const each of [...used, ...others]) expect(ids.get(each)).toBe(map.get(each) ?? 0);
      expect(ids.entries()).toEqual([...map]);
    }),
  );
});

test('fifty thousand of the kind that people and programs make', () => {
  const ids = new ClientIds();
  const names = Array.from({ length: 50_000 }, (_, i) =>
    i % 2 === 0 ? `order-${i}` : `2f1c9d5e-0000-4000-8000-${String(i).padStart(12, '0')}`,
  );
  for (const [i, name] of names.entries()) ids.set(name, i + 1);
  expect(names.findIndex((name, i) => ids.get(name) !== i + 1)).toBe(-1);
  expect(ids.get('order-1')).toBe(0);
  expect(ids.entries().length).toBe(50_000);
});
