import { expect, test } from 'vitest';
import { NumberTexts } from './number-texts.ts';

test('tells every number as String does, in any order', () => {
  const texts = new NumberTexts();
  for (let n = 0; n < 12_000; n++) expect(texts.of(n)).toBe(String(n));
  for (const n of [999, 1_000, 50_007, 1_000_000, 999_999, 7, 2_000_100, 1_001]) {
    expect(texts.of(n)).toBe(String(n));
  }
});
