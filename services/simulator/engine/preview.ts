/** What would happen to an order now: judged and matched as for real, but nothing changes. */
import type { ListWarning } from '@sandpit/schemas/holdings.ts';
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import { afterTrading } from './after-trading.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import { type Changed, type Standing, standing } from './margin.ts';
import { type NewList, reasonOfList, roleOf } from './order-lists.ts';
import { intentOf } from './orders.ts';
import { dryRun, firstReason } from './risk.ts';

const SHORT_OF_MONEY: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'insufficientBuyingPower',
  'insufficientMargin',
]);

export interface PreviewFill {
  priceTicks: number;
  lots: number;
}

export interface TicketPreview {
  /** First reason to refuse it, or null: accepted. */
  reason: RejectReason | null;
  /** It would wait for its trigger; the fills are those of that day, not of now. */
  waits: boolean;
  /** One per price, in the order of the trades. Empty when it is refused for its terms. */
  fills: PreviewFill[];
  filledLots: number;
  /** What would stay open. */
  restingLots: number;
  notionalMicros: number;
  feesMicros: number;
  after: {
    positionLots: number;
    cashMicros: number;
    reservedMicros: number;
    /** Of a margin account, at the present marks. */
    margin?: Standing;
  };
}

export function previewTicket(
  state: ExchangeState,
  ticket: OrderTicket,
  refusal: RejectReason | null,
): TicketPreview {
  const listing = state.listing(ticket.symbol);
  if (!listing) return nothing(state, 'unknownSymbol');
  const intent = intentOf(state, listing, ticket);
  const isUsed = state.blotter.idOfClient(ticket.clientOrderId) !== undefined;
  const reason = refusal ?? (isUsed ? 'duplicateClientOrderId' : firstReason(intent));
  // Short of money: by how much is what the trader wants to know.
  const isEstimated = reason === null || SHORT_OF_MONEY.has(reason);
  if (!isEstimated) return nothing(state, reason, intent);
  const previewed = dryRun(intent);
  const { cashMicros, reservedMicros, position, restLots, ...costs } = afterTrading(previewed);
  return {
    reason,
    waits: intent.waits,
    fills: fillsByPrice(intent, previewed.fillCount),
    filledLots: previewed.tradableLots,
    restingLots: restLots,
    notionalMicros: costs.notionalMicros,
    feesMicros: costs.feesMicros,
    after: {
      positionLots: position.lots,
      cashMicros,
      reservedMicros,
      ...marginOf(state, { listing, position, cashMicros }),
    },
  };
}

export interface ListPreview {
  /** First reason to refuse the list as a whole, or null: accepted. */
  reason: RejectReason | null;
  warnings: ListWarning[];
  /** Each by itself. What only comes alive with fills of another one is empty. */
  orders: TicketPreview[];
}

export function previewList(
  state: ExchangeState,
  command: NewList,
  refusal: RejectReason | null,
): ListPreview {
  const names = command.tickets.map(({ clientOrderId }) => clientOrderId);
  const isUsed = names.some((name) => state.blotter.idOfClient(name) !== undefined);
  const isRepeated = isUsed || new Set(names).size < names.length;
  const isFull = state.blotter.count + names.length > MAX_ORDERS;
  const reason =
    refusal ??
    (isRepeated ? 'duplicateClientOrderId' : null) ??
    (isFull ? 'orderLimitReached' : null) ??
    reasonOfList(state, command);
  const orders = command.tickets.map((ticket, i) => {
    if (roleOf(command, i) !== 'child') return previewTicket(state, ticket, refusal);
    const listing = state.listing(ticket.symbol);
    return nothing(state, reason, listing && intentOf(state, listing, ticket));
  });
  return { reason, warnings: exceedsEntry(command) ? ['exitsExceedEntry'] : [], orders };
}

/** Exits that know nothing of each other may all trade. */
function exceedsEntry({ contingency, tickets }: NewList): boolean {
  if (contingency !== 'oto') return false;
  const [entry, ...others] = tickets;
  const exits = others.filter(
    ({ side, instructions }) => side !== entry.side && !instructions?.reduceOnly,
  );
  return exits.reduce((sum, { quantityLots }) => sum + quantityLots, 0) > entry.quantityLots;
}

function nothing(
  state: ExchangeState,
  reason: RejectReason | null,
  intent?: Intent,
): TicketPreview {
  return {
    reason,
    waits: intent?.waits ?? false,
    fills: [],
    filledLots: 0,
    restingLots: 0,
    notionalMicros: 0,
    feesMicros: 0,
    after: {
      positionLots: intent?.listing.position.lots ?? 0,
      cashMicros: state.cashMicros,
      reservedMicros: state.account().reservedMicros,
      ...marginOf(state, null),
    },
  };
}

function marginOf(state: ExchangeState, changed: Changed | null): { margin?: Standing } {
  return state.terms.type === 'margin' ? { margin: standing(state, changed) } : {};
}

function fillsByPrice({ listing }: Intent, count: number): PreviewFill[] {
  const { fills } = listing.book;
  const byPrice: PreviewFill[] = [];
  for (let i = 0; i < count; i++) {
    const priceTicks = fills.priceTicks[i];
    const lots = fills.lots[i];
    const last = byPrice.at(-1);
    if (last?.priceTicks === priceTicks) last.lots += lots;
    else byPrice.push({ priceTicks, lots });
  }
  return byPrice;
}
