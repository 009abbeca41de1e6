/** What money stands like, now and after an order: engine shapes -> wire shapes. Pure. */
import {
  averagePriceText,
  moneyText,
  priceText,
  quantityText,
  textOfSteps,
} from '@sandpit/schemas/decimal.ts';
import type { Account, Position } from '@sandpit/schemas/event.ts';
import { INSTRUMENT_FEES } from '@sandpit/schemas/fees.ts';
import type { AccountView, MarginView, OrderPreview } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import {
  buyingPowerMicros,
  type MarginCall,
  marginRatesOf,
  type Requirement,
  requirementOf,
} from '@sandpit/schemas/margin.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { simulatedIso, valueMicros } from './views.ts';

/** What the engine's dry run of a ticket says; see `engine/preview.ts`. */
interface Preview {
  reason: RejectReason | null;
  waits: boolean;
  fills: readonly { priceTicks: number; lots: number }[];
  filledLots: number;
  restingLots: number;
  notionalMicros: number;
  feesMicros: number;
  after: {
    positionLots: number;
    cashMicros: number;
    reservedMicros: number;
    margin?: Standing;
  };
}

/** @param sequence  Stream sequence of the newest record that the dry run has seen. */
export function previewView(
  preview: Preview,
  instrument: Instrument,
  sequence: number,
): OrderPreview {
  const { filledLots, notionalMicros, after } = preview;
  return {
    accepted: preview.reason === null,
    rejectReason: preview.reason,
    waitsForTrigger: preview.waits,
    fills: preview.fills.map(({ priceTicks, lots }) => ({
      price: priceText(priceTicks, instrument),
      quantity: quantityText(lots, instrument),
    })),
    filledQuantity: quantityText(filledLots, instrument),
    restingQuantity: quantityText(preview.restingLots, instrument),
    averagePrice: averagePriceText(notionalMicros, filledLots, instrument),
    notional: moneyText(notionalMicros),
    fees: moneyText(preview.feesMicros),
    after: {
      position: quantityText(after.positionLots, instrument),
      cash: moneyText(after.cashMicros),
      reserved: moneyText(after.reservedMicros),
      ...powerAfter(after),
    },
    sequence,
  };
}

function powerAfter({ cashMicros, reservedMicros, margin }: Preview['after']) {
  if (!margin) return { buyingPower: moneyText(cashMicros - reservedMicros) };
  const available = margin.equityMicros - margin.initialMicros - reservedMicros;
  return {
    buyingPower: moneyText(available < 0 ? available : buyingPowerMicros(available)),
    margin: marginView(margin, reservedMicros),
  };
}

/** How a margin account stands; see `engine/margin.ts`. */
interface Standing extends Requirement {
  equityMicros: number;
  /** Longs and shorts added up. */
  exposureMicros: number;
}

function marginView(now: Standing, reservedMicros: number): MarginView {
  const { equityMicros, initialMicros, maintenanceMicros, exposureMicros } = now;
  return {
    initial: moneyText(initialMicros),
    maintenance: moneyText(maintenanceMicros),
    availableFunds: moneyText(equityMicros - initialMicros - reservedMicros),
    excessLiquidity: moneyText(equityMicros - maintenanceMicros),
    leverage: equityMicros > 0 ? ratioText(exposureMicros, equityMicros) : null,
  };
}

/** With two decimals, half up; both ≥ 0. */
function ratioText(part: number, whole: number): string {
  const hundredths = (200n * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole));
  return textOfSteps(Number(hundredths), '0.01');
}

/** A position with what its view needs. `mark` in half ticks, null = value it at cost. */
export interface MarkedPosition {
  position: Position;
  instrument: Instrument;
  mark: number | null;
}

/**
 * The account with what depends on marks. Without positions it is stated at cost: equity is then
 * starting cash + realised − fees, which the books guarantee to equal cash + cost of all positions.
 *
 * `reservedMicros` holds what open orders may cost and the collateral of shorts, so buying power is
 * exact without any mark.
 */
export function accountView(
  account: Account,
  positions: readonly MarkedPosition[],
  sequence: number,
  opensAtMs: number,
): AccountView {
  let unrealised = 0;
  let exposure = 0;
  let netExposure = 0;
  const asked: Requirement = { initialMicros: 0, maintenanceMicros: 0 };
  for (const { position, instrument, mark } of positions) {
    const { quantityLots: lots, costMicros } = position;
    if (lots === 0) continue;
    const value = mark === null ? costMicros : valueMicros(lots, mark, instrument);
    unrealised += value - costMicros;
    exposure += Math.abs(value);
    netExposure += value;
    const { initialMicros, maintenanceMicros } = requirementOf(value, marginRatesOf(instrument));
    asked.initialMicros += initialMicros;
    asked.maintenanceMicros += maintenanceMicros;
  }
  const carry = (account.borrowFeesMicros ?? 0) + (account.interestMicros ?? 0);
  const earned = account.realisedMicros + (account.dividendsMicros ?? 0);
  const atCost = account.startingCashMicros + earned - account.feesMicros - carry;
  const equity = atCost + unrealised;
  const dayOpen = account.dayOpenEquityMicros;
  const now = { ...asked, equityMicros: equity, exposureMicros: exposure };
  return {
    type: account.type ?? 'collateral',
    feeSchedule: account.feeSchedule ?? INSTRUMENT_FEES,
    currency: account.currency,
    startingCash: moneyText(account.startingCashMicros),
    cash: moneyText(account.cashMicros),
    ...(account.type === 'cash' && { unsettled: moneyText(account.unsettledMicros ?? 0) }),
    reserved: moneyText(account.reservedMicros),
    buyingPower: moneyText(powerOf(account, now)),
    equity: moneyText(equity),
    exposure: moneyText(exposure),
    unrealised: moneyText(unrealised),
    realised: moneyText(account.realisedMicros),
    fees: moneyText(account.feesMicros),
    netExposure: moneyText(netExposure),
    ...(account.dividendsMicros !== undefined && {
      dividends: moneyText(account.dividendsMicros),
    }),
    ...(account.type === 'margin' && {
      margin: marginView(now, account.reservedMicros),
      marginCall: account.marginCall ? marginCallView(account.marginCall, opensAtMs) : null,
      borrowFees: moneyText(account.borrowFeesMicros ?? 0),
      interest: moneyText(account.interestMicros ?? 0),
    }),
    ...(dayOpen !== undefined && {
      dayOpenEquity: moneyText(dayOpen),
      dayProfit: moneyText(equity - dayOpen),
    }),
    totalProfit: moneyText(equity - account.startingCashMicros),
    sequence,
  };
}

function powerOf({ type, cashMicros, reservedMicros }: Account, now: Standing): number {
  if (type !== 'margin') return Math.max(0, cashMicros - reservedMicros);
  return buyingPowerMicros(now.equityMicros - now.initialMicros - reservedMicros);
}

const marginCallView = ({ state, sinceNs, deadlineNs }: MarginCall, opensAtMs: number) => ({
  state,
  since: simulatedIso(sinceNs, opensAtMs),
  deadline: simulatedIso(deadlineNs, opensAtMs),
});
