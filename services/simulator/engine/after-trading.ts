/** What an order would leave behind: its dry run carried through to position, cash and reserves. */
import type { Micros } from '@sandpit/schemas/units.ts';
import { heldInAuctionTicks, isCollected } from './auction-rules.ts';
import { reducibleLots } from './buying-power.ts';
import { NOTHING_TRADED, type Traded } from './fees.ts';
import type { Intent } from './intent.ts';
import { notionalMicros } from './money.ts';
import { reservedWith } from './open-lots.ts';
import { applyFill } from './position.ts';
import { AT_OWN, mayRest, workingTicks } from './risk.ts';
import { BUY } from './sides.ts';

/**
 * How things would stand once the order has traded and its rest, if any, is working.
 *
 * @param intent  After its dry run.
 */
export function afterTrading(intent: Intent) {
  const { state, listing, side, replaces, wantedLots, tradableLots, fillCount } = intent;
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
  const isUnseen = intent.waits || isCollected(intent) || intent.terms.type === 'pegged';
  // What an own order takes off it does not rest.
  const leavesLots = wantedLots - tradableLots - (isUnseen ? 0 : book.setOffLots);
  const atOwn = AT_OWN[intent.terms.instructions?.selfTradePrevention ?? 'expireTaker'];
  const stops = !isUnseen && book.selfTrade && atOwn === 'stop';
  // What may only reduce ends when nothing is left to.
  const isOver =
    !isUnseen &&
    intent.terms.instructions?.reduceOnly === true &&
    reducibleLots(position.lots, side) === 0;
  const restLots = mayRest(intent) && !stops && !isOver ? leavesLots : 0;
  const rest = restLots > 0 ? { side, limitTicks: heldTicks(intent), lots: restLots } : null;
  const here = reservedWith(listing, position, replaces, rest);
  const elsewhere = state.reservedMicros - listing.reservedMicros;
  return {
    cashMicros,
    reservedMicros: here + elsewhere,
    position,
    restLots,
    notionalMicros: notionalTotal,
    feesMicros: fees,
  };
}

const heldTicks = (intent: Intent): number =>
  isCollected(intent) ? heldInAuctionTicks(intent) : workingTicks(intent);
