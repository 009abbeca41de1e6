import { gzipSync } from 'node:zlib';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { expect, test, vi } from 'vitest';
import { followCatalogue, type SimulatorRow, scenarioOf, VenueDirectory } from './venues.ts';

const scenario = {
  opensAt: '2026-01-05T14:30:00.000Z',
  instruments: [{ instrument: { symbol: 'ACME' } }, { instrument: { symbol: 'ZED' } }],
} as unknown as Scenario;
const row = (change: Partial<SimulatorRow> = {}): SimulatorRow => ({
  account_id: 'acc',
  session_id: 'ses',
  scenario_hash: 'h1',
  state: 'running',
  ...change,
});

function setUp(found: () => SimulatorRow | null, content: Scenario | null = scenario) {
  const sources = { row: vi.fn(async () => found()), scenario: vi.fn(async () => content) };
  return { ...sources, directory: new VenueDirectory(sources) };
}

test('a simulator is read once, and its scenario once for all simulators', async () => {
  const { directory, row: rows, scenario: scenarios } = setUp(() => row());
  const venue = await directory.owned('a', 'acc');
  expect(venue).toMatchObject({ sessionId: 'ses', opensAtMs: Date.UTC(2026, 0, 5, 14, 30) });
  expect([...venue.instruments.keys()]).toEqual(['ACME', 'ZED']);
  await directory.owned('a', 'acc');
  await directory.owned('b', 'acc');
  expect(rows).toHaveBeenCalledTimes(2);
  expect(scenarios).toHaveBeenCalledOnce();
});

test('somebody else’s simulator and one that is not are the same nothing, also once it is known', async () => {
  const { directory } = setUp(() => row());
  await expect(directory.owned('a', 'other')).rejects.toMatchObject({ type: 'notFound' });
  await directory.owned('a', 'acc');
  await expect(directory.owned('a', 'other')).rejects.toMatchObject({ type: 'notFound' });
  const none = setUp(() => null);
  await expect(none.directory.owned('a', 'acc')).rejects.toMatchObject({ type: 'notFound' });
});

test('that it has stopped is seen when it is read again', async () => {
  let state = 'running';
  const { directory } = setUp(() => row({ state }));
  await directory.owned('a', 'acc');
  state = 'stopped';
  expect((await directory.owned('a', 'acc')).stopped).toBe(false);
  expect((await directory.refreshed('a', 'acc')).stopped).toBe(true);
});

test('a scenario that cannot be read now is an outage, and is asked for again', async () => {
  const { directory, scenario: scenarios } = setUp(() => row(), null);
  await expect(directory.owned('a', 'acc')).rejects.toMatchObject({ type: 'unavailable' });
  await expect(directory.owned('a', 'acc')).rejects.toMatchObject({ type: 'unavailable' });
  expect(scenarios).toHaveBeenCalledTimes(2);
});

test('scenarios lie in the bucket under their hash', async () => {
  const value = gzipSync(JSON.stringify({ scenario, hash: 'h1' }));
  const get = vi.fn(async (key: string) => (key === 'h.h1' ? { key, value, revision: 1 } : null));
  await expect(scenarioOf({ get }, 'h1')).resolves.toEqual(scenario);
  await expect(scenarioOf({ get }, 'h2')).resolves.toBeNull();
});

test('the catalogue is followed as it changes; contents are no entries of it', async () => {
  let change: (entry: { key: string; value: Uint8Array | null; revision: number }) => void;
  const catalogue = await followCatalogue({
    watch: async (onEntry) => {
      change = onEntry;
      return { stop: async () => {} };
    },
  });
  const put = (key: string, value: unknown) =>
    change({
      key,
      value: value && new TextEncoder().encode(JSON.stringify(value)),
      revision: 1,
    } as never);
  put('id.calm', { hash: 'a1' });
  put('h.a1', { anything: true });
  put('id.storm', { hash: 'b1' });
  expect(catalogue.hashes()).toEqual(['a1', 'b1']);
  put('id.calm', { hash: 'a2' });
  put('id.storm', null);
  expect(catalogue.hashes()).toEqual(['a2']);
});
