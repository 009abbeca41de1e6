/** Actions of `simulators` on what can be started: scenarios, their instruments, what trading costs. */
import type { Bucket } from '@sandpit/bus/bus.ts';
import { priceText } from '@sandpit/schemas/decimal.ts';
import {
  FEE_SCHEDULE_OF_TIER,
  FEE_SCHEDULES,
  type FeeScheduleList,
} from '@sandpit/schemas/fees.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { Service } from 'moleculer';
import Type from 'typebox';
import { openAction } from '../platform/action.ts';
import { listScenarios, loadScenario } from './catalogue/store.ts';

type This = Service & { scenarios: Bucket };

const NoParams = Type.Object({}, { additionalProperties: false });

export const catalogueActions = {
  scenarios: openAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    handler: async function () {
      return { items: await listScenarios(this.scenarios) };
    },
  }),
  instruments: openAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    handler: async function () {
      return { items: await instrumentsOf(this.scenarios) };
    },
  }),
  feeSchedules: openAction<typeof NoParams, This>({
    params: NoParams,
    read: true,
    handler: async (): Promise<FeeScheduleList> => ({
      items: [...FEE_SCHEDULES],
      ofTiers: FEE_SCHEDULE_OF_TIER,
    }),
  }),
};

/** Each symbol once, from the first scenario in the catalogue that has it. */
async function instrumentsOf(bucket: Bucket): Promise<InstrumentSummary[]> {
  const bySymbol = new Map<string, InstrumentSummary>();
  for (const { hash } of await listScenarios(bucket)) {
    const scenario = await loadScenario(bucket, hash);
    for (const { instrument, model, session } of scenario?.instruments ?? []) {
      if (bySymbol.has(instrument.symbol)) continue;
      const referencePrice = priceText(model.referenceTicks, instrument);
      bySymbol.set(instrument.symbol, {
        ...instrument,
        referencePrice,
        ...(session && { session }),
      });
    }
  }
  return [...bySymbol.values()];
}
