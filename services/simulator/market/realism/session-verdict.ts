/** The certificate of one session: each statistic in its band, out of it, or not to be told yet. */
import { doubled, isWithin, type Part, TESTS, type Test } from './bands.ts';
import { appliesTo, type Measured, type Subject } from './certificate.ts';
import { type Extent, needOf } from './needs.ts';

/**
 * - `strays`: out of the band, but no further than a single session may be (twice its width).
 * - `tooShort`: the session has too little of what the statistic is made of.
 * - `notMeasured`: a session cannot show it, or nothing of the kind happened.
 */
export type Verdict = 'within' | 'strays' | 'outside' | 'tooShort' | 'notMeasured';

export interface SessionPart {
  part: Part;
  /** NaN unless it was told. */
  value: number;
  verdict: Verdict;
  /** What it takes and what there was. */
  need: { of: keyof Extent; least: number; has: number } | null;
}

export interface SessionTest {
  test: Test;
  verdict: Verdict;
  parts: SessionPart[];
}

/** The worst that can be told first: a test is as good as its worst part, and as sure. */
const ORDER: readonly Verdict[] = ['outside', 'tooShort', 'notMeasured', 'strays', 'within'];

/** All tests of which a part applies to the instrument. */
export function judgeSession(measured: Measured, extent: Extent, subject: Subject): SessionTest[] {
  return TESTS.flatMap((test) => {
    const parts = test.parts
      .filter((part) => appliesTo(part, subject))
      .map((part) => judgePart(part, measured, extent));
    if (parts.length === 0) return [];
    const verdict = ORDER.find((each) => parts.some((part) => part.verdict === each))!;
    return [{ test, verdict, parts }];
  });
}

function judgePart(part: Part, measured: Measured, extent: Extent): SessionPart {
  const need = needOf(part.id);
  if (!need) return { part, value: Number.NaN, verdict: 'notMeasured', need: null };
  const has = extent[need.of];
  if (has < need.least) {
    return { part, value: Number.NaN, verdict: 'tooShort', need: { ...need, has } };
  }
  const value = measured.get(part.id) ?? Number.NaN;
  return { part, value, verdict: verdictOn(part, value), need: { ...need, has } };
}

function verdictOn(part: Part, value: number): Verdict {
  if (!Number.isFinite(value)) return 'notMeasured';
  if (isWithin(part, value)) return 'within';
  return isWithin(doubled(part), value) ? 'strays' : 'outside';
}
