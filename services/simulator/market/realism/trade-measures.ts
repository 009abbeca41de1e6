/**
 * R4, R7–R11, R18: what trades look like and what follows them.
 *
 * Source: the catalogue of Vyetrenko et al., "Get Real" (2020); response functions as in Bouchaud et
 * al., Quantitative Finance 4 (2004).
 */
import {
  autocorrelation,
  coefficientOfVariation,
  correlation,
  fanoFactor,
  mean,
} from '../statistics.ts';
import type { DayRecord } from './day-record.ts';
import {
  type Days,
  meanAutocorrelations,
  meanOverDays,
  midReturns,
  orderCounts,
  pooled,
} from './days.ts';
import {
  decayExponent,
  hillIndex,
  largestShare,
  powerLawExponent,
  weibullShape,
} from './estimators.ts';

const SIZE_TAIL_SHARE = 0.01;
const NS_PER_MS = 1e6;
export const SIGN_LAGS = 20;

/** R4. Lag-1 autocorrelation of the changes from one trade price to the next. */
export const bounce = (days: Days) =>
  meanOverDays(days, ({ tradeTicks }) =>
    autocorrelation(
      tradeTicks.subarray(1).map((price, i) => price - tradeTicks[i]!),
      1,
    ),
  );

/** What sizes are taken of: single trades as a tape prints them, or whole market orders. */
export type SizesOf = (day: DayRecord) => Float64Array;
export const tradeSizes: SizesOf = ({ tradeLots }) => tradeLots;
export const orderSizes: SizesOf = ({ orderLots }) => orderLots;

/** R7. The most frequent size and its share. */
export function modalSize(days: Days, of: SizesOf): { lots: number; share: number } {
  const counts = new Map<number, number>();
  const sizes = pooled(days, of);
  for (const lots of sizes) counts.set(lots, (counts.get(lots) ?? 0) + 1);
  let [modal, most] = [0, 0];
  for (const [lots, count] of counts) if (count > most) [modal, most] = [lots, count];
  return { lots: modal, share: most / sizes.length };
}

/** Share of sizes that are a whole number of round lots. */
export const wholeRoundLotShare = (days: Days, of: SizesOf, roundLot: number) =>
  mean(pooled(days, of).map((lots) => (lots % roundLot === 0 ? 1 : 0)));

/** R7. Hill index of the largest 1 % of sizes, and the share of the volume that they hold. */
export const sizeTailIndex = (days: Days, of: SizesOf) =>
  hillIndex(pooled(days, of), SIZE_TAIL_SHARE);
export const largestSizesShare = (days: Days, of: SizesOf) =>
  largestShare(pooled(days, of), SIZE_TAIL_SHARE);

const waitsNs = ({ orderNs }: DayRecord) =>
  orderNs.subarray(1).map((atNs, i) => atNs - orderNs[i]!);

/** R8. Deviation over mean of the time between market orders; 1 = a Poisson process. */
export const arrivalVariation = (days: Days) =>
  meanOverDays(days, (day) => coefficientOfVariation(waitsNs(day)));

/** R8. Weibull shape of the same times, in whole milliseconds as tapes give them, counted from 1. */
export const arrivalShape = (days: Days) =>
  weibullShape(pooled(days, (day) => waitsNs(day).map((ns) => Math.floor(ns / NS_PER_MS) + 1)));

/** R8. Fano factor of the number of market orders per so many seconds. */
export const arrivalFano = (days: Days, seconds: number) =>
  meanOverDays(days, (day) => fanoFactor(orderCounts(day, seconds)));

/** R8. Lag-1 autocorrelation of the number of market orders per minute. */
export const arrivalMemory = (days: Days) =>
  meanOverDays(days, (day) => autocorrelation(orderCounts(day, 60), 1));

/** R9. Autocorrelations of the signs of market orders at lags 1 … `lags`. */
export const signMemory = (days: Days, lags = SIGN_LAGS) =>
  meanAutocorrelations(
    days.map(({ orderSign }) => orderSign),
    lags,
  );

/** R9. Exponent of their decay; negative. */
export const signDecay = (days: Days) => decayExponent(signMemory(days));

/** R10. Correlation of a minute's volume with its absolute return. */
export const volumeVolatility = (days: Days) =>
  meanOverDays(days, (day) => {
    const moves = midReturns(day, 60).map(Math.abs);
    return correlation(day.minuteLots.subarray(0, moves.length), moves);
  });

/** Correlation of a minute's bought less sold volume with its return. */
export const signedVolumeReturn = (days: Days) =>
  meanOverDays(days, (day) => {
    const moves = midReturns(day, 60);
    return correlation(day.minuteSignedLots.subarray(0, moves.length), moves);
  });

/** R11. Mean move of the mid in the direction of a market order, so many orders later, in ticks. */
export const response = (days: Days, lag: number) =>
  meanOverDays(days, ({ orderSign, orderMidTicks }) => {
    let sum = 0;
    const count = orderSign.length - lag;
    for (let i = 0; i < count; i++) {
      sum += orderSign[i]! * (orderMidTicks[i + lag]! - orderMidTicks[i]!);
    }
    return sum / count;
  });

/** R18. Volume of the first and of the last half hour over that of a half hour at midday. */
export function dayShape(days: Days): { open: number; close: number } {
  const volumes = (from: (minutes: number) => number, minutes: number) =>
    mean(
      days.map(({ minuteLots }) => {
        const start = from(minuteLots.length);
        return mean(minuteLots.subarray(start, start + minutes));
      }),
    );
  const midday = volumes((minutes) => Math.floor(minutes / 2) - 60, 120);
  return {
    open: volumes(() => 0, 30) / midday,
    close: volumes((minutes) => minutes - 30, 30) / midday,
  };
}

const VOLUME_BINS = 8;

/** Exponent of the mean return of a minute in its signed volume, over eight groups of equal size. */
export function signedVolumeExponent(days: Days): number {
  const volumes = pooled(days, ({ minuteSignedLots }) => minuteSignedLots);
  const moves = pooled(days, (day) => {
    const padded = new Float64Array(day.minuteSignedLots.length);
    padded.set(midReturns(day, 60).subarray(0, padded.length));
    return padded;
  });
  const order = [...volumes.keys()]
    .filter((i) => volumes[i] !== 0)
    .sort((a, b) => Math.abs(volumes[a]!) - Math.abs(volumes[b]!));
  const bins = Array.from({ length: VOLUME_BINS }, (_, b) =>
    order.slice((b * order.length) / VOLUME_BINS, ((b + 1) * order.length) / VOLUME_BINS),
  );
  return powerLawExponent(
    bins.map((bin) => mean(bin.map((i) => Math.abs(volumes[i]!)))),
    bins.map((bin) => mean(bin.map((i) => Math.sign(volumes[i]!) * moves[i]!))),
  );
}
