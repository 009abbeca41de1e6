import { textOfSteps } from '@sandpit/schemas/decimal.ts';
import { describe, expect, test } from 'vitest';
import { pack, unpack } from './bytes.ts';
import { GridText } from './grid-text.ts';
import { epochMs, isoText, nextMidnightNs, simText } from './timestamps.ts';

describe('times as text', () => {
  test('agree with the calendar of the host, through leap years and centuries', () => {
    const day = 86_400_000;
    for (let ms = 0; ms < 253_402_300_800_000; ms += 97 * day + 12_345_679) {
      const text = new Date(ms).toISOString();
      expect(isoText(ms)).toBe(text);
      expect(epochMs(text)).toBe(ms);
    }
    for (const text of [
      '2000-02-29T23:59:59.999Z',
      '2100-02-28T00:00:00.000Z',
      '2024-12-31T12:00:00.001Z',
    ]) {
      expect(isoText(epochMs(text))).toBe(text);
      expect(epochMs(text)).toBe(Date.parse(text));
    }
  });

  test('refuse what is not UTC with milliseconds', () => {
    for (const text of ['2026-01-05', '2026-01-05T14:30:00Z', '2026-01-05T14:30:00.000+01:00']) {
      expect(() => epochMs(text)).toThrow('is not a UTC time with milliseconds');
    }
  });

  test('of simulated time round down to the millisecond', () => {
    const opensAtMs = epochMs('2026-01-05T14:30:00.000Z');
    expect(simText(opensAtMs, 1_999_999)).toBe('2026-01-05T14:30:00.001Z');
  });

  test.each`
    opens                         | simNs             | midnight
    ${'2026-01-05T23:59:00.000Z'} | ${0}              | ${60e9}
    ${'2026-01-05T23:59:00.000Z'} | ${59_999_999_999} | ${60e9}
    ${'2026-01-05T23:59:00.000Z'} | ${60e9}           | ${60e9 + 86_400e9}
    ${'2026-01-05T00:00:00.000Z'} | ${0}              | ${86_400e9}
  `('the midnight after $simNs ns from $opens', ({ opens, simNs, midnight }) => {
    expect(nextMidnightNs(epochMs(opens), simNs)).toBe(midnight);
  });
});

describe('steps as text', () => {
  test.each(['0.01', '0.0001', '1', '0.25', '5', '0.000000001', '12.5'])('of %s', (step) => {
    const grid = new GridText(step);
    for (const steps of [0, 1, 7, 99, 100, 12_345, 999_999_999, 2 ** 50]) {
      expect(grid.text(steps)).toBe(textOfSteps(steps, step));
    }
  });
});

test('packed bytes come back, whatever their lengths and wherever they stand', () => {
  const blobs = [0, 1, 7, 8, 9].map((length) => new Uint8Array(length).fill(length));
  const plain = { text: 'Zürich – 東京', list: [1, null, 0.1] };
  const packed = pack(plain, blobs);
  const shifted = new Uint8Array(packed.length + 3);
  shifted.set(packed, 3);
  for (const bytes of [packed, shifted.subarray(3)]) {
    const unpacked = unpack(bytes);
    expect(unpacked.plain).toEqual(plain);
    expect(unpacked.blobs.map((blob) => [...blob])).toEqual(blobs.map((blob) => [...blob]));
  }
});
