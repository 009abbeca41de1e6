import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { builtInScenarios } from './catalogue.ts';
import { scenarioHash } from './hash.ts';
import {
  currentHash,
  listScenarios,
  loadScenario,
  publishBuiltIns,
  publishScenario,
  ScenarioExistsError,
} from './store.ts';
import { TestBucket } from './testing/test-bucket.ts';

const scenarios = await builtInScenarios();
const original = scenarios.find(({ id }) => id === 'synthetic-day')!;
const other: Scenario = { ...original, title: 'Another title' };
let bucket: TestBucket;

beforeEach(() => {
  bucket = new TestBucket();
});

describe('publishing', () => {
  test('the content comes before the name', async () => {
    const { publication, summary } = await publishScenario(bucket, original);
    expect(publication).toBe('published');
    expect(bucket.writes).toEqual([`h.${summary.hash}`, 'id.synthetic-day']);
    expect(await listScenarios(bucket)).toEqual([summary]);
    expect(await loadScenario(bucket, summary.hash)).toEqual(original);
    expect(await currentHash(bucket, 'synthetic-day')).toBe(scenarioHash(original));
  });

  test('the same content again writes nothing', async () => {
    await publishScenario(bucket, original);
    const { publication } = await publishScenario(bucket, original);
    expect(publication).toBe('unchanged');
    expect(bucket.writes).toHaveLength(2);
  });

  test('other content under the same id is refused unless asked for; the old stays loadable', async () => {
    await publishScenario(bucket, original);
    await expect(publishScenario(bucket, other)).rejects.toThrow(ScenarioExistsError);
    const { publication } = await publishScenario(bucket, other, { replace: true });
    expect(publication).toBe('replaced');
    expect(await currentHash(bucket, original.id)).toBe(scenarioHash(other));
    expect(await loadScenario(bucket, scenarioHash(original))).toEqual(original);
    expect(await listScenarios(bucket)).toHaveLength(1);
  });

  test('two publishers at once: one is told that the id is taken', async () => {
    bucket.before = () => {
      const entry = { hash: scenarioHash(other), summary: {} };
      const value = Buffer.from(JSON.stringify(entry));
      bucket.entries.set('id.synthetic-day', { key: 'id.synthetic-day', value, revision: 999 });
    };
    await expect(publishScenario(bucket, original)).rejects.toThrow(ScenarioExistsError);
  });

  test('a broken scenario is never written', async () => {
    const broken = { ...original, kind: 'replay' as const };
    await expect(publishScenario(bucket, broken)).rejects.toThrow(/not a usable scenario/);
    expect(bucket.writes).toEqual([]);
  });
});

test('the built-ins are published once, however often the service starts', async () => {
  const summaries = await publishBuiltIns(bucket);
  expect(summaries.map(({ id }) => id)).toEqual(scenarios.map(({ id }) => id));
  const writes = bucket.writes.length;
  await publishBuiltIns(bucket);
  expect(bucket.writes).toHaveLength(writes);
});

test('an unknown hash is null, a tampered one an error', async () => {
  expect(await loadScenario(bucket, 'f'.repeat(64))).toBeNull();
  const { gzipSync } = await import('node:zlib');
  const tampered = { ...original, title: 'Tampered with' };
  const hash = 'a'.repeat(64);
  await bucket.put(`h.${hash}`, gzipSync(JSON.stringify({ scenario: tampered, hash })));
  await expect(loadScenario(bucket, hash)).rejects.toThrow(/has another hash/);
});
