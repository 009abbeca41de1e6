/** Everything the agents need to know about an instrument, worked out once from its model. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { MarketModel } from '@sandpit/schemas/scenario.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import { meanOrderLots } from './sizes.ts';
import { UNSPLIT, type Units } from './units.ts';

/** Seconds in which `volatilityPerDay` and a day's volume are spread. */
export const SECONDS_PER_DAY = { equity: 23_400, crypto: 86_400 } as const;

export interface Parameters {
  kind: Instrument['kind'];
  referenceTicks: number;
  secondsPerDay: number;
  /** Standard deviation of the mid over one second, as a share of the price. */
  volatilityPerRootSecond: number;
  volatilityPerDay: number;
  /** What the spread comes back to, in ticks. */
  spreadTicks: number;
  /** Distance between neighbouring levels of a ladder, in ticks; ≥ 1, not whole. */
  grainTicks: number;
  depthLots: number;
  roundLot: number;
  orderLots: number;
  maxOrderLots: number;
  marketOrdersPerSecond: number;
  limitOrdersPerSecond: number;
  /** Expected volume of a day, in lots: the yardstick of market impact. */
  lotsPerDay: number;
}

/** @param units  What splits have made of a unit: prices and sizes are on the scale of today. */
export function parametersOf(
  instrument: Instrument,
  scenarioModel: MarketModel,
  units: Units = UNSPLIT,
): Parameters {
  const model = units === UNSPLIT ? scenarioModel : scaled(scenarioModel, units);
  const secondsPerDay = SECONDS_PER_DAY[instrument.kind];
  const volatilityPerRootSecond = model.volatilityPerDay / Math.sqrt(secondsPerDay);
  const ticksPerRootSecond = volatilityPerRootSecond * model.referenceTicks;
  return {
    kind: instrument.kind,
    referenceTicks: model.referenceTicks,
    secondsPerDay,
    volatilityPerRootSecond,
    volatilityPerDay: model.volatilityPerDay,
    spreadTicks: model.typicalSpreadTicks,
    // Where the price covers many ticks a second (BTC in cents), neighbouring ticks mean nothing and
    // real books are sparse: levels then stand a fraction of a second's move apart.
    grainTicks: Math.max(1, model.typicalSpreadTicks / 3, ticksPerRootSecond / 8),
    depthLots: model.typicalDepthLots,
    roundLot: model.roundLot,
    orderLots: model.typicalOrderLots,
    maxOrderLots: instrument.maxOrderLots,
    marketOrdersPerSecond: model.marketOrdersPerSecond,
    limitOrdersPerSecond: model.limitOrdersPerSecond,
    lotsPerDay:
      model.marketOrdersPerSecond *
      secondsPerDay *
      meanOrderLots(model.roundLot, model.typicalOrderLots),
  };
}

/** Everybody trades for the same money as before. */
function scaled(model: MarketModel, units: Units): MarketModel {
  const ticks = (before: number) => Math.max(1, Math.round(before * units.priceFactor));
  const lots = (before: number) => Math.max(1, Math.round(before * units.sizeFactor));
  return {
    ...model,
    referenceTicks: ticks(model.referenceTicks) as PriceTicks,
    typicalSpreadTicks: ticks(model.typicalSpreadTicks),
    typicalDepthLots: lots(model.typicalDepthLots),
    roundLot: lots(model.roundLot),
    typicalOrderLots: lots(model.typicalOrderLots),
  };
}
