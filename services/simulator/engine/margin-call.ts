/**
 * Watches over a margin account, each simulated second.
 *
 * Equity below maintenance is a call: the trader has a grace to reduce or to be carried out of it by
 * the market; with equity at or below zero there is none. At its end every open order is canceled
 * (what would be left over would compete with the liquidation), and positions are closed in slices
 * through the book, the one that asks for most first, one slice a second, each an immediate market
 * order within the collar, at most a quarter of the position and no more than needed. It is over when
 * equity is 5 % above maintenance. Who finds nobody to trade with, or a market that is not open,
 * waits. Without positions and with equity below zero the account is bankrupt: the debt stays as
 * negative cash, and nothing but reducing orders is taken, so nothing.
 *
 * It ends: every slice takes a lot at least, and opening orders are refused meanwhile.
 */
import { CALL_MET_PPM, type MarginCallState, requirementOf } from '@sandpit/schemas/margin.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import type { QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import { accrueCarry } from './carry.ts';
import type { ExchangeState } from './exchange-state.ts';
import { endEveryOrder } from './expiry.ts';
import type { Listing } from './listing.ts';
import { type Standing, standing } from './margin.ts';
import { intentOf, orderOf } from './orders.ts';
import { dryRun } from './risk.ts';
import { valueMicros } from './valuation.ts';
import { type Submit, work } from './work.ts';

const NS_PER_SECOND = 1_000_000_000;
const PPM = 1_000_000;
/** A slice is at most this part of the position. */
const SLICES = 4;

/** No id that a trader can choose. */
const LIQUIDATION = 'liquidation:';

/** Which of the account's liquidation orders it is, from 1. */
export const numberOf = ({ clientOrderId }: Order): number =>
  Number(clientOrderId.slice(LIQUIDATION.length));

/** The grid on which a margin account is looked at: whole simulated seconds. */
export function nextWatchNs(nowNs: number): number {
  return (Math.floor(nowNs / NS_PER_SECOND) + 1) * NS_PER_SECOND;
}

export function watchMargin(state: ExchangeState, submit: Submit): void {
  accrueCarry(state);
  const now = standing(state);
  if (state.marginCall === null) {
    if (isShort(now)) callMargin(state, now);
    return;
  }
  if (isMet(now)) {
    tell(state, null, now);
    return;
  }
  if (state.marginCall.state === 'called') {
    if (state.nowNs < state.marginCall.deadlineNs && now.equityMicros > 0) return;
    endEveryOrder(state, 'marginCall');
    tell(state, 'liquidating', now);
  }
  if (state.marginCall.state === 'liquidating') liquidate(state, now, submit);
}

const isShort = ({ equityMicros, maintenanceMicros }: Standing): boolean =>
  equityMicros < maintenanceMicros;

/** With something to spare, so that a call does not come and go with every tick. */
function isMet({ equityMicros, maintenanceMicros }: Standing): boolean {
  return equityMicros >= withSpare(maintenanceMicros);
}

function withSpare(maintenanceMicros: number): number {
  return Number((BigInt(maintenanceMicros) * BigInt(CALL_MET_PPM)) / BigInt(PPM));
}

function callMargin(state: ExchangeState, now: Standing): void {
  const graceNs = now.equityMicros > 0 ? state.marginTerms.callGraceSeconds * NS_PER_SECOND : 0;
  state.marginCall = {
    state: 'called',
    sinceNs: state.nowNs as SimNs,
    deadlineNs: Math.min(state.nowNs + graceNs, Number.MAX_SAFE_INTEGER) as SimNs,
  };
  tell(state, 'called', now);
}

/** @param next  null: the call is over. */
function tell(state: ExchangeState, next: MarginCallState | null, now: Standing): void {
  state.marginCall = next === null ? null : { ...state.marginCall!, state: next };
  state.hash.addText(next ?? 'met');
  state.emit({
    type: 'marginCallChanged',
    marginCall: state.marginCall,
    equityMicros: now.equityMicros as never,
    maintenanceMicros: now.maintenanceMicros as never,
  });
}

function liquidate(state: ExchangeState, now: Standing, submit: Submit): void {
  const held = state.listings.filter(({ position }) => position.lots !== 0);
  if (held.length === 0) {
    tell(state, 'bankrupt', now);
    return;
  }
  const byRequirement = held
    .map((listing) => ({ listing, asked: askedFor(listing) }))
    .sort((a, b) => b.asked - a.asked || a.listing.index - b.listing.index);
  const missing = withSpare(now.maintenanceMicros) - now.equityMicros;
  for (const { listing, asked } of byRequirement) {
    const lots = sliceLots(listing, asked, missing, now.equityMicros);
    if (listing.phase === 'continuous' && closeSlice(state, listing, lots, submit)) return;
  }
}

const askedFor = (listing: Listing): number =>
  requirementOf(valueMicros(listing), listing.marginRates!).maintenanceMicros;

/** Lots that free what is missing, or all of them if they do not; at most a quarter at a time. */
function sliceLots(
  { position, instrument }: Listing,
  askedMicros: number,
  missingMicros: number,
  equityMicros: number,
): number {
  const held = Math.abs(position.lots);
  const most = Math.min(Math.ceil(held / SLICES), instrument.maxOrderLots);
  const freed = withSpare(askedMicros);
  if (equityMicros <= 0 || freed <= missingMicros) return most;
  const needed = Number((BigInt(held) * BigInt(missingMicros)) / BigInt(freed)) + 1;
  return Math.min(most, needed);
}

/** @returns  Whether it traded. No order is made that could not. */
function closeSlice(state: ExchangeState, listing: Listing, lots: number, submit: Submit): boolean {
  const ticket: OrderTicket = {
    clientOrderId: `${LIQUIDATION}${state.liquidations + 1}`,
    symbol: listing.instrument.symbol,
    side: listing.position.lots > 0 ? 'sell' : 'buy',
    type: 'market',
    quantityLots: lots as QuantityLots,
    limitTicks: null,
    timeInForce: 'ioc',
    postOnly: false,
    instructions: { reduceOnly: true, selfTradePrevention: 'expireMaker' },
  };
  const intent = intentOf(state, listing, ticket);
  if (dryRun(intent).tradableLots === 0) return false;
  state.liquidations++;
  const order = orderOf(state, ticket, 'new', null);
  order.liquidation = true;
  state.blotter.add(order);
  state.emitOrder('orderAccepted', order);
  work(intent, order, submit);
  return true;
}
