/** What a bucket of keys may be relied on for, on every bus. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bytes, failure, onEveryBus, text, until } from './testing/every-bus.ts';

onEveryBus((busOf) => {
  describe('a bucket', () => {
    test('is decided by compare-and-set alone', async () => {
      const leases = await busOf().bucket('LEASES');
      const key = `shard.${randomUUID()}`;
      expect(await leases.get(key)).toBeNull();
      const first = await leases.create(key, bytes('a'));
      expect(await failure(leases.create(key, bytes('b')))).toBe('conflict');
      const second = await leases.update(key, bytes('c'), first);
      expect(await failure(leases.update(key, bytes('d'), first))).toBe('conflict');
      const entry = await leases.get(key);
      expect([text(entry?.value), entry?.revision]).toEqual(['c', second]);
      expect(await failure(leases.delete(key, first))).toBe('conflict');
      await leases.delete(key, second);
      expect(await leases.get(key)).toBeNull();
      expect(await leases.keys()).not.toContain(key);
      await leases.create(key, bytes('e'));
      expect(await leases.keys()).toContain(key);
    });

    test('lets one of many create a key that was deleted', async () => {
      const leases = await busOf().bucket('LEASES');
      const key = `shard.${randomUUID()}`;
      await leases.create(key, bytes('old'));
      await leases.delete(key);
      const tries = await Promise.all(
        Array.from({ length: 10 }, (_, i) => failure(leases.create(key, bytes(`${i}`)))),
      );
      expect(tries.filter((outcome) => outcome === 'none')).toHaveLength(1);
    });

    test('shows a watcher what is there, then every change', async () => {
      const scenarios = await busOf().bucket('SCENARIOS');
      const key = `calm.${randomUUID()}`;
      await scenarios.put(key, bytes('1'));
      await scenarios.put(key, bytes('2'));
      const seen: (string | null)[] = [];
      const watching = await scenarios.watch((change) => {
        if (change.key === key) seen.push(text(change.value));
      });
      expect(seen).toEqual(['2']);
      await scenarios.put(key, bytes('3'));
      await scenarios.delete(key);
      await until(() => seen.length === 3);
      expect(seen).toEqual(['2', '3', null]);
      await watching.stop();
      await scenarios.put(key, bytes('4'));
      await busOf().ping();
      expect(seen).toHaveLength(3);
    });
  });
});
