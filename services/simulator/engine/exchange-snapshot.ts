/** An exchange as data: one plain object and one block of bytes per book. Byte-stable. */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { Execution } from '@sandpit/schemas/event.ts';
import type { MarginCall } from '@sandpit/schemas/margin.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { RiskState } from '@sandpit/schemas/risk.ts';
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import { setTerms } from './account-terms.ts';
import type { PenKind } from './auction.ts';
import { Blotter, type BlotterSnapshot } from './blotter.ts';
import { Book } from './book.ts';
import type { Accrual } from './carry.ts';
import type { ConcealedSnapshot } from './concealed-orders.ts';
import type { ExchangeState } from './exchange-state.ts';
import { type FifoSnapshot, fifoOf, fifoSnapshot } from './fifo-lots.ts';
import type { Halt } from './halts.ts';
import { invariant } from './invariant.ts';
import type { Listing } from './listing.ts';
import { ordersWithMinimum } from './minimums.ts';
import type { PositionState } from './position.ts';
import type { BandsSnapshot } from './price-bands.ts';
import { StateHash } from './state-hash.ts';
import { WorkingOrders } from './working-orders.ts';

export interface ExchangeSnapshot {
  nowNs: number;
  terms: AccountTerms;
  /** Proceeds still to settle, by the midnight at which they do. */
  unsettled: number[];
  marginCall: MarginCall | null;
  interest: Accrual;
  liquidations: number;
  nextWatchNs: number;
  startingCashMicros: number;
  cashMicros: number;
  dayOpenEquityMicros: number;
  ledger: number[];
  risk: RiskState;
  sentNs: number[];
  executionCount: number;
  executions: Execution[];
  hash: [number, number];
  blotter: BlotterSnapshot;
  /** Lists with an open order; of those that are done, the blotter may keep nothing. */
  lists: [listId: string, orders: Order[]][];
  touchedLists: string[];
  listings: {
    symbol: string;
    lastTradeTicks: number;
    bookChanged: boolean;
    position: PositionState;
    fifo: FifoSnapshot;
    borrowing: Accrual;
    dividendsMicros: number;
    /** In the order in which they came to rest. */
    resting: [handle: number, orderId: string][];
    /** Oldest first. */
    waiting: string[];
    held: string[];
    phase: TradingPhase;
    phaseEndsNs: number;
    halt: Halt | null;
    bands: BandsSnapshot | null;
    /** In the order of their entry. */
    pen: [handle: number, kind: PenKind][];
    /** Null when everything in the book is on show. */
    concealed: ConcealedSnapshot | null;
  }[];
}

export function snapshotOf(state: ExchangeState): { plain: ExchangeSnapshot; books: Uint8Array[] } {
  return {
    plain: {
      nowNs: state.nowNs,
      terms: state.terms,
      unsettled: state.settlement.snapshot(),
      marginCall: state.marginCall,
      interest: { ...state.interest },
      liquidations: state.liquidations,
      nextWatchNs: state.nextWatchNs,
      startingCashMicros: state.startingCashMicros,
      cashMicros: state.cashMicros,
      dayOpenEquityMicros: state.dayOpenEquityMicros,
      ledger: state.ledger.snapshot(),
      risk: state.risk,
      sentNs: state.sentNs,
      executionCount: state.executionCount,
      executions: state.executions,
      hash: state.hash.lanes,
      blotter: state.blotter.snapshot(),
      lists: [...state.lists].map(([listId, orders]) => [
        listId,
        orders.map((each) => ({ ...each })),
      ]),
      touchedLists: [...state.touchedLists],
      listings: state.listings.map((each) => ({
        symbol: each.instrument.symbol,
        lastTradeTicks: each.lastTradeTicks,
        bookChanged: each.bookChanged,
        position: { ...each.position },
        fifo: fifoSnapshot(each.fifo),
        borrowing: { ...each.borrowing },
        dividendsMicros: each.dividendsMicros,
        resting: each.resting.entries().map(([handle, { orderId }]) => [handle, orderId]),
        waiting: [...each.waiting.keys()],
        held: [...each.held.keys()],
        phase: each.phase,
        phaseEndsNs: each.phaseEndsNs,
        halt: each.halt && { ...each.halt },
        bands: each.bands?.snapshot() ?? null,
        pen: [...each.pen],
        concealed: each.book.concealedSnapshot(),
      })),
    },
    books: state.listings.map(({ book }) => book.snapshot()),
  };
}

export function watchAgain(state: ExchangeState): void {
  state.isWatching = state.listings.some(isWatched) || state.touchedLists.size > 0;
}

/** Whether something here waits for what the crowd does. */
export function isWatched(listing: Listing): boolean {
  const { waiting, bands, book } = listing;
  if (listing.hasPegs || waiting.size !== 0 || bands !== null) return true;
  return book.isConcealing && ordersWithMinimum(listing).length > 0;
}

/** Open orders that end at a time of their own. */
export function timedOrders({ blotter }: ExchangeState): Set<Order> {
  return new Set(blotter.open().filter(({ timeInForce }) => timeInForce === 'gtd'));
}

/**
 * Puts a snapshot into a fresh state of the same instruments.
 *
 * @throws when it is of other instruments.
 */
export function restoreInto(
  state: ExchangeState,
  plain: ExchangeSnapshot,
  books: readonly Uint8Array[],
): void {
  state.nowNs = plain.nowNs;
  setTerms(state, plain.terms);
  state.settlement.restore(plain.unsettled);
  state.marginCall = plain.marginCall;
  state.interest = { ...plain.interest };
  state.liquidations = plain.liquidations;
  state.nextWatchNs = plain.nextWatchNs;
  state.startingCashMicros = plain.startingCashMicros;
  state.cashMicros = plain.cashMicros;
  state.dayOpenEquityMicros = plain.dayOpenEquityMicros;
  state.ledger.restore(plain.ledger);
  state.setRisk(plain.risk);
  state.sentNs = plain.sentNs;
  state.executionCount = plain.executionCount;
  state.executions = plain.executions;
  state.hash = new StateHash(...plain.hash);
  state.blotter = Blotter.restore(plain.blotter);
  state.lists = new Map(
    plain.lists.map(([listId, orders]) => [
      listId,
      orders.map((order) => state.blotter.get(order.orderId) ?? order),
    ]),
  );
  invariant(plain.listings.length === state.listings.length, 'a snapshot fits its scenario');
  state.listings.forEach((listing, i) => {
    const saved = plain.listings[i];
    invariant(saved.symbol === listing.instrument.symbol, 'a snapshot fits its scenario');
    listing.book = Book.restore(books[i], saved.concealed);
    listing.lastTradeTicks = saved.lastTradeTicks;
    listing.bookChanged = saved.bookChanged;
    listing.position = { ...saved.position };
    listing.fifo = fifoOf(saved.fifo);
    listing.borrowing = { ...saved.borrowing };
    listing.dividendsMicros = saved.dividendsMicros;
    listing.resting = new WorkingOrders(
      saved.resting.map(([handle, orderId]) => [handle, state.blotter.get(orderId)!]),
    );
    listing.waiting = new Map(saved.waiting.map((id) => [id, state.blotter.get(id)!]));
    listing.held = new Map(saved.held.map((id) => [id, state.blotter.get(id)!]));
    listing.halt = saved.halt && { ...saved.halt };
    if (saved.bands) listing.bands?.restore(saved.bands);
    listing.setPhase(saved.phase, saved.phaseEndsNs);
    listing.pen = new Map(saved.pen);
    listing.penTouch.fill(undefined);
    listing.hasPegs = listing.resting.values().some(({ type }) => type === 'pegged');
    listing.updateReserved();
  });
  state.timed = timedOrders(state);
  state.touchedLists = new Set(plain.touchedLists);
  watchAgain(state);
  state.accountTold();
}
