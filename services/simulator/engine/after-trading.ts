/** What an order would leave behind: its dry run carried through to position, cash and reserves. */
import type { Micros } from '@sandpit/schemas/units.ts';
import { heldInAuctionTicks } from './auction-rules.ts';
import { reducibleLots } from './buying-power.ts';
import { NOTHING_TRADED, type Traded } from './fees.ts';
import type { Intent } from './intent.ts';
import { restsWithMinimum } from './minimums.ts';
import { notionalMicros } from './money.ts';
import { costOfOpen, costToOpen, reservedWith } from './open-lots.ts';
import { applyFill } from './position.ts';
import { AT_OWN, mayRest, workingTicks } from './risk.ts';
import { BUY } from './sides.ts';

/**
 * How things would stand once the order has traded and its rest, if any, is working.
 *
 * @param intent  After its dry run.
 */
export function afterTrading(intent: Intent) {
  const { state, listing, side, replaces, fillCount } = intent;
  const { instrument, book } = listing;
  const { lots, costMicros, realisedMicros, feesMicros } = listing.position;
  const position = { lots, costMicros, realisedMicros, feesMicros };
  let cashMicros = state.cashMicros;
  let notionalTotal = 0;
  let fees = 0;
  let traded: Traded = replaces ?? NOTHING_TRADED;
  for (let i = 0; i < fillCount; i++) {
    const priceTicks = book.fills.priceTicks[i];
    const lots = book.fills.lots[i];
    const notional = notionalMicros(priceTicks, lots, instrument);
    const { feeMicros: fee, commissionMicros } = listing.fees.ofFill(
      'taker',
      notional,
      lots,
      traded,
    );
    traded = {
      filledLots: traded.filledLots + lots,
      notionalMicros: (traded.notionalMicros + notional) as Micros,
      commissionMicros: ((traded.commissionMicros ?? 0) + commissionMicros) as Micros,
    };
    applyFill(position, side, priceTicks, lots, fee, instrument);
    cashMicros -= (side === BUY ? notional : -notional) + fee;
    notionalTotal += notional;
    fees += fee;
  }
  const restLots = restLotsOf(intent, position.lots);
  return {
    cashMicros,
    reservedMicros: reservedAfter(intent, position, restLots),
    position,
    restLots,
    notionalMicros: notionalTotal,
    feesMicros: fees,
  };
}

/** What of cash is tied up if so many lots of it rest. @param intent  After its dry run. */
function reservedAfter(
  intent: Intent,
  position: { lots: number; costMicros: number },
  restLots: number,
): number {
  const { state, listing, side, replaces } = intent;
  const rest = restLots > 0 ? { side, limitTicks: heldTicks(intent), lots: restLots } : null;
  const elsewhere = state.reservedMicros - listing.reservedMicros;
  return reservedWith(listing, position, replaces, rest) + elsewhere;
}

/** What stays open of it. @param intent  After its dry run. */
function restLotsOf(intent: Intent, positionLots: number): number {
  if (!mayRest(intent)) return 0;
  const { listing, side, terms, wantedLots, tradableLots } = intent;
  const { book } = listing;
  const isUnseen = intent.waits || intent.isCollected || terms.type === 'pegged';
  // What an own order takes off it does not rest.
  const leavesLots = wantedLots - tradableLots - (isUnseen ? 0 : book.setOffLots);
  if (isUnseen) return leavesLots;
  const atOwn = AT_OWN[terms.instructions?.selfTradePrevention ?? 'expireTaker'];
  // One with a minimum that has not traded would stand across it.
  const stops = atOwn === 'stop' || (tradableLots === 0 && restsWithMinimum(terms));
  if (book.selfTrade && stops) return 0;
  // What may only reduce ends when nothing is left to.
  const isOver = terms.instructions?.reduceOnly === true && reducibleLots(positionLots, side) === 0;
  return isOver ? 0 : leavesLots;
}

/** Whether cash does not suffice for what it would tie up. @param intent  After its dry run. */
export function asksForMoreThanCash(intent: Intent): boolean {
  const { state, listing, fillCount } = intent;
  if (isAmple(intent)) return false;
  if (fillCount > 0) {
    const { cashMicros, reservedMicros } = afterTrading(intent);
    return cashMicros < reservedMicros;
  }
  const restLots = restLotsOf(intent, listing.position.lots);
  return state.cashMicros < reservedAfter(intent, listing.position, restLots);
}

/**
 * Whether cash suffices however little of it all is netted, which most accounts have: for all that is
 * open at its full cost, for the order's rest, twice for the position, and four times for what trades
 * now (its price, a fee no larger, and both legs of a short). False may mean that it suffices, too.
 *
 * @param intent  After its dry run.
 */
function isAmple(intent: Intent): boolean {
  const { state, listing, side, fillCount } = intent;
  const { instrument, book, position, fees } = listing;
  if (fillCount > 0 && !fees.isShareOfNotional) return false;
  const openMicros = costOfOpen(listing);
  if (openMicros === null) return false;
  let traded = fillCount;
  for (let i = 0; i < fillCount; i++) {
    traded += notionalMicros(book.fills.priceTicks[i], book.fills.lots[i], instrument);
  }
  const restLots = mayRest(intent) ? intent.wantedLots - intent.tradableLots : 0;
  const restMicros = restLots > 0 ? costToOpen(listing, side, heldTicks(intent), restLots) : 0;
  const elsewhere = state.reservedMicros - listing.reservedMicros;
  const asked = elsewhere + openMicros + restMicros;
  return state.cashMicros >= asked + 2 * Math.abs(position.costMicros) + 4 * traded;
}

const heldTicks = (intent: Intent): number =>
  intent.isCollected ? heldInAuctionTicks(intent) : workingTicks(intent);
