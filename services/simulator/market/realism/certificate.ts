/**
 * The certificate of a market: every statistic of the eighteen tests, beside its band.
 *
 * A statistic that cannot be measured (too short, nothing traded) is NaN and never within its band.
 */
import type { ScenarioInstrument } from '@sandpit/schemas/scenario.ts';
import { doubled, isWithin, type Part, TESTS, type Test, type TickClass } from './bands.ts';
import {
  cancelledShare,
  cancelTailExponent,
  depthPeakTicks,
  flowImpact,
  placementExponent,
  spread,
  spreadSkewness,
  spreadVolatility,
  upMoveChances,
} from './book-measures.ts';
import type { Days } from './days.ts';
import { median } from './estimators.ts';
import type { Impact } from './impact-measures.ts';
import {
  extremesFano,
  returnKurtosis,
  returnMemory,
  returnTailIndex,
  volatilityDecay,
  volatilityMemory,
} from './return-measures.ts';
import {
  arrivalFano,
  arrivalMemory,
  arrivalShape,
  arrivalVariation,
  bounce,
  dayShape,
  largestSizesShare,
  modalSize,
  orderSizes,
  response,
  signDecay,
  signMemory,
  sizeTailIndex,
  volumeVolatility,
} from './trade-measures.ts';

export interface Subject {
  tickClass: TickClass;
  /** Whether its day has an open and a close. */
  hasSession: boolean;
  roundLot: number;
}

/** An instrument whose usual spread is one tick is large-tick. */
export function subjectOf({ instrument, model }: ScenarioInstrument): Subject {
  return {
    tickClass: model.typicalSpreadTicks === 1 ? 'large' : 'small',
    hasSession: instrument.kind === 'equity',
    roundLot: model.roundLot,
  };
}

/** Value by part, of the parts that were measured. */
export type Measured = ReadonlyMap<string, number>;

/** All statistics but R14, which needs orders of its own. */
export function measure(days: Days, { roundLot }: Subject): Measured {
  return new Map<string, number>([
    ...returns(days),
    ...trades(days, roundLot),
    ...arrivals(days),
    ...books(days),
  ]);
}

/** R14 as parts. */
export function measuredImpact({ exponent, prefactor, remaining }: Impact): Measured {
  return new Map([
    ['R14.exponent', exponent],
    ['R14.prefactor', prefactor],
    ['R14.remaining', remaining],
  ]);
}

function returns(days: Days): [string, number][] {
  const kurtosis = [1, 10, 60].map((seconds) => returnKurtosis(days, seconds));
  const memory = volatilityMemory(days, 10);
  return [
    ['R1.1s', kurtosis[0]!],
    ['R1.10s', kurtosis[1]!],
    ['R1.60s', kurtosis[2]!],
    ['R1.falls', Math.min(kurtosis[0]! / kurtosis[1]!, kurtosis[1]! / kurtosis[2]!)],
    ['R2.hill', returnTailIndex(days, 10)],
    ['R3.10s', returnMemory(days, 10)],
    ['R3.60s', returnMemory(days, 60)],
    ['R5.lag1', memory[0]!],
    ['R5.lag10', memory[9]!],
    ['R5.lag50', memory[49]!],
    ['R5.slope', volatilityDecay(days, 10)],
    ['R17.fano', extremesFano(days)],
  ];
}

function trades(days: Days, roundLot: number): [string, number][] {
  const modal = modalSize(days, orderSizes);
  const first = response(days, 1);
  const tenth = response(days, 10);
  const shape = dayShape(days);
  return [
    ['R4.bounce', bounce(days)],
    ['R7.mode', modal.lots / roundLot],
    ['R7.mass', modal.share],
    ['R7.tail', sizeTailIndex(days, orderSizes)],
    ['R7.largest', largestSizesShare(days, orderSizes)],
    ['R10.correlation', volumeVolatility(days)],
    ['R11.first', first],
    ['R11.growth', tenth / first],
    ['R11.lasting', response(days, 100) / tenth],
    ['R18.open', shape.open],
    ['R18.close', shape.close],
  ];
}

function arrivals(days: Days): [string, number][] {
  const fano = arrivalFano(days, 1);
  const signs = signMemory(days);
  return [
    ['R8.variation', arrivalVariation(days)],
    ['R8.weibull', arrivalShape(days)],
    ['R8.fano1s', fano],
    ['R8.growth', arrivalFano(days, 60) / fano],
    ['R8.memory', arrivalMemory(days)],
    ['R9.lag1', signs[0]!],
    ['R9.lag10', signs[9]!],
    ['R9.positive', Math.min(...signs)],
    ['R9.exponent', -signDecay(days)],
  ];
}

function books(days: Days): [string, number][] {
  const { meanTicks, oneTickShare } = spread(days);
  const flow = flowImpact(days);
  const chances = upMoveChances(days);
  const steps = chances.subarray(1).map((chance, i) => chance - chances[i]!);
  return [
    ['R6.oneTick', oneTickShare],
    ['R6.mean', meanTicks],
    ['R6.one', oneTickShare],
    ['R6.skew', spreadSkewness(days)],
    ['R6.widens', spreadVolatility(days)],
    ['R12.rSquared', flow.rSquared],
    ['R12.slope', flow.slope],
    ['R12.depth', flow.depthExponent],
    ['R13.lowest', chances[0]!],
    ['R13.highest', chances.at(-1)!],
    ['R13.monotone', Math.min(...steps)],
    ['R15.cancelled', cancelledShare(days)],
    ['R15.tail', cancelTailExponent(days)],
    ['R16.exponent', placementExponent(days)],
    ['R16.peak', depthPeakTicks(days)],
  ];
}

export interface PartResult {
  part: Part;
  /** Median over the runs; NaN when it could not be measured. */
  value: number;
  /** By run. */
  values: number[];
  /** The median lies in the band and no run outside of the doubled one. */
  isWithin: boolean;
}

export interface TestResult {
  test: Test;
  parts: PartResult[];
  isWithin: boolean;
}

/** Whether a part of a test is asked of an instrument. */
export function appliesTo({ only }: Part, { tickClass, hasSession }: Subject): boolean {
  if (only === undefined) return true;
  return only === 'session' ? hasSession : only === tickClass;
}

/**
 * The verdict over several runs (seeds). Tests of which no part applies or none was measured are
 * left out.
 */
export function certificateOf(runs: readonly Measured[], subject: Subject): TestResult[] {
  const results: TestResult[] = [];
  for (const test of TESTS) {
    const parts = test.parts
      .filter((part) => appliesTo(part, subject) && runs.some((run) => run.has(part.id)))
      .map((part) => judged(part, runs));
    if (parts.length > 0) {
      results.push({ test, parts, isWithin: parts.every((part) => part.isWithin) });
    }
  }
  return results;
}

function judged(part: Part, runs: readonly Measured[]): PartResult {
  const values = runs.flatMap((run) => run.get(part.id) ?? []);
  const value = values.some(Number.isNaN) ? Number.NaN : median(values);
  const wide = doubled(part);
  return {
    part,
    value,
    values,
    isWithin: isWithin(part, value) && values.every((each) => isWithin(wide, each)),
  };
}
