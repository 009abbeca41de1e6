/**
 * Halts: trading in an instrument stops, orders are collected, and an auction brings it back.
 *
 * - A halt ends at its time or when somebody reopens it; then the reopening auction begins, if the
 *   session has continuous trading at that time, else the phase that it has.
 * - The auction may trade within its collar only. When its price lies outside, it is prolonged and
 *   the collar grows on that side, so that it comes to an end.
 * - A volatility halt and a reopening auction give way to the closing auction. Any other halt goes on
 *   over the close and the night, and the day orders end at the close all the same.
 *
 * Source: Nasdaq rule 4120(c), halt cross: collars of 5 %, or 0.15 up to a price of 3, widened by as
 * much with each extension of five minutes.
 */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { HaltReason } from '@sandpit/schemas/session.ts';
import { indicativeOf } from './auction.ts';
import type { ExchangeState } from './exchange-state.ts';
import { expireAtClose } from './expiry.ts';
import type { Listing } from './listing.ts';
import { ticksOfCents } from './money.ts';

import { enterPhase, NEVER_NS, sessionAt, tellPhase } from './phases.ts';

const NS_PER_SECOND = 1_000_000_000;
const COLLAR_PERCENT = 5;
const LOW_PRICE_CENTS = 300;
const LOW_PRICE_COLLAR_CENTS = 15;

export interface Halt {
  reason: HaltReason;
  /** When it, or its reopening auction, ends by itself. */
  endsNs: number;
  /** Prices at which the reopening auction may trade, both included. */
  lowTicks: number;
  highTicks: number;
  /** By how much the collar grows with each extension. */
  widthTicks: number;
  extensions: number;
}

/** A halt with its collar around the last price, or another one. */
export function newHalt(
  listing: Listing,
  reason: HaltReason,
  endsNs: number,
  reference = listing.referenceTicks,
): Halt {
  const isLow = reference <= ticksOfCents(LOW_PRICE_CENTS, listing.instrument);
  const width = isLow
    ? ticksOfCents(LOW_PRICE_COLLAR_CENTS, listing.instrument)
    : Math.floor((reference * COLLAR_PERCENT) / 100);
  const widthTicks = Math.max(1, width);
  return {
    reason,
    endsNs,
    lowTicks: Math.max(1, reference - widthTicks),
    highTicks: reference + widthTicks,
    widthTicks,
    extensions: 0,
  };
}

/** Stops trading now. */
export function startHalt(state: ExchangeState, listing: Listing, halt: Halt): void {
  listing.halt = halt;
  listing.setPhase('halted', endOf(state, listing));
  tellPhase(state, listing);
}

/**
 * Halts an instrument. A halt in force already stays as it is; only a volatility halt may become
 * another one.
 *
 * @param seconds  Until the reopening auction; null = until somebody reopens it.
 * @returns        Why not, or null.
 */
export function haltInstrument(
  state: ExchangeState,
  symbol: string,
  reason: HaltReason,
  seconds: number | null,
): RejectReason | null {
  const listing = state.listing(symbol);
  if (!listing) return 'unknownSymbol';
  if (listing.phase === 'halted' && listing.halt?.reason !== 'volatility')
    return 'instrumentHalted';
  const endsNs = seconds === null ? NEVER_NS : state.nowNs + seconds * NS_PER_SECOND;
  startHalt(state, listing, newHalt(listing, reason, endsNs));
  return null;
}

/** Begins the reopening auction of a halted instrument. @returns  Why not, or null. */
export function reopenInstrument(state: ExchangeState, symbol: string): RejectReason | null {
  const listing = state.listing(symbol);
  if (!listing) return 'unknownSymbol';
  if (listing.phase !== 'halted') return 'instrumentNotHalted';
  listing.halt!.endsNs = state.nowNs;
  continueHalt(state, listing);
  return null;
}

type HaltCommand = Extract<CommandBody, { type: 'haltInstrument' | 'reopenInstrument' }>;

/** @returns  Why not, or null. */
export function changeHalt(state: ExchangeState, command: HaltCommand): RejectReason | null {
  if (command.type === 'reopenInstrument') return reopenInstrument(state, command.symbol);
  return haltInstrument(state, command.symbol, command.reason, command.seconds);
}

/** A halted instrument at the end of its halt, of its auction, or of a phase of its session. */
export function continueHalt(state: ExchangeState, listing: Listing): void {
  const { phase, endsNs } = sessionAt(listing.session, state.nowNs);
  const current = listing.halt!;
  const isOver = current.endsNs <= state.nowNs;
  const givesWay = listing.phase === 'reopeningAuction' || current.reason === 'volatility';
  if (phase !== 'continuous' && (isOver || givesWay)) {
    listing.halt = null;
    enterPhase(state, listing, phase, endsNs);
  } else if (!isOver) {
    if (phase === 'closed') expireAtClose(state, listing);
    listing.phaseEndsNs = endOf(state, listing);
  } else if (listing.phase === 'halted') {
    current.endsNs = state.nowNs + listing.reopening.auctionSeconds * NS_PER_SECOND;
    listing.setPhase('reopeningAuction', endOf(state, listing));
    tellPhase(state, listing);
  } else if (!isProlonged(state, listing, current)) {
    listing.halt = null;
    enterPhase(state, listing, phase, endsNs);
  }
}

/** The halt's own end, or the next phase of the session if that comes first. */
function endOf({ nowNs }: ExchangeState, { halt, session }: Listing): number {
  return Math.min(halt!.endsNs, sessionAt(session, nowNs).endsNs);
}

function isProlonged(state: ExchangeState, listing: Listing, current: Halt): boolean {
  const result = indicativeOf(listing);
  if (result === null) return false;
  const { priceTicks } = result;
  if (priceTicks >= current.lowTicks && priceTicks <= current.highTicks) return false;
  if (priceTicks > current.highTicks) current.highTicks += current.widthTicks;
  else current.lowTicks = Math.max(1, current.lowTicks - current.widthTicks);
  current.extensions++;
  current.endsNs = state.nowNs + listing.reopening.extensionSeconds * NS_PER_SECOND;
  listing.phaseEndsNs = endOf(state, listing);
  tellPhase(state, listing);
  return true;
}
