import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Recording, record } from './record.ts';
import { readRecording, recordingsIn, traceOfRecording } from './recorded.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recorded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const EVERY_MS = 250;
/** Ten minutes at 40 ms, with round trips of one's own from some second on. */
function recordingOf(change: Record<number, (number | null)[]> = {}): Recording {
  const roundTripsMs: (number | null)[] = Array.from({ length: 2_400 }, () => 40);
  for (const [second, given] of Object.entries(change)) {
    roundTripsMs.splice((Number(second) * 1_000) / EVERY_MS, given.length, ...given);
  }
  return { format: 1, name: 'line', recordedAt: '2026-01-05', everyMs: EVERY_MS, roundTripsMs };
}

test('half of a round trip is one way, whichever', () => {
  const { delayMs, stalls } = traceOfRecording(recordingOf({ 10: [90, 300] }), 1);
  expect([0, 10_000, 10_100, 10_250, 10_500, 900_000].map((ms) => delayMs(ms, 'up'))).toEqual([
    20, 45, 45, 150, 20, 20,
  ]);
  expect(delayMs(10_000, 'down')).toBe(45);
  expect(stalls).toEqual([]);
});

test('what was held up together and answered together was one interruption', () => {
  // From second 20 on nothing moves; at 22.04 s all of it arrives, the last of it 30 ms later.
  const held = [2_040, 1_790, 1_540, 1_300, 1_070, 815, 560, 310];
  const { stalls, delayMs } = traceOfRecording(recordingOf({ 20: held }), 1);
  expect(stalls).toEqual([{ fromMs: 20_000, toMs: 22_040 }]);
  // The wait is the interruption's, not the line's.
  expect([20_500, 21_500, 21_750].map((ms) => delayMs(ms, 'up'))).toEqual([20, 20, 20]);
  expect(delayMs(22_100, 'up')).toBe(20);
});

test('two interruptions are two, and what was never answered was held for a minute', () => {
  const { stalls } = traceOfRecording(recordingOf({ 20: [1_200], 30: [null] }), 1);
  expect(stalls).toEqual([
    { fromMs: 20_000, toMs: 21_200 },
    { fromMs: 30_000, toMs: 90_000 },
  ]);
});

test('what is no recording, or too short, is named', () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const good = recordingOf();
  file('a.json', JSON.stringify(good));
  file('notes.txt', 'not one');
  expect(recordingsIn(folder)).toEqual([good]);
  const short = { ...good, roundTripsMs: good.roundTripsMs.slice(0, 2_000) };
  for (const text of ['', '{}', JSON.stringify({ ...good, format: 2 }), JSON.stringify(short)]) {
    expect(() => readRecording(file('b.json', text))).toThrow('b.json');
  }
});

test('a line is recorded as it is, also through refusals', async () => {
  let asked = 0;
  const server = createServer((_, res) => {
    asked += 1;
    if (asked === 3) res.destroy();
    else setTimeout(() => res.end('{}'), asked === 5 ? 120 : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { roundTripsMs, name } = await record({ name: 'x', url, seconds: 0.5, everyMs: 50 });
    expect(name).toBe('x');
    expect(roundTripsMs).toHaveLength(10);
    expect(roundTripsMs.every((ms) => ms !== null && ms > 0)).toBe(true);
    expect(Math.max(...roundTripsMs.map(Number))).toBeGreaterThanOrEqual(120);
    // Thrown out, and asked again.
    expect(asked).toBe(11);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
