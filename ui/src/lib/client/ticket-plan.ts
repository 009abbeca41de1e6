/** The whole ticket: one order, an entry with its exits, or a target and a stop side by side (OCO, OUO). */
import { priceText, priceTicks, quantityLots } from '@sandpit/schemas/decimal.ts';
import type { OrderListRequest } from '@sandpit/schemas/http.ts';
import type { Contingency, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import {
  type ExitErrors,
  type ExitsDraft,
  type ExitsVerdict,
  exitLegs,
  judgeExits,
  type Leg,
} from './exits.ts';
import { type FollowerDraft, type FollowersVerdict, judgeFollowers } from './followers.ts';
import { grouped, trimmed } from './format.ts';
import { actionText, TYPES, waitsForTrigger } from './order-words.ts';
import {
  cleanNumber,
  judgeTicket,
  type TicketContext,
  type TicketDraft,
  type TicketErrors,
  type TicketVerdict,
} from './ticket.ts';
import { peggedTicks, timeOf } from './ticket-terms.ts';

export interface PlanDraft extends TicketDraft, ExitsDraft {
  /** Two exits side by side instead of an order of the chosen type. */
  isOco: boolean;
  /** Of the two: the first trade cancels the other (`oco`), or takes its size off it (`ouo`). */
  linkedBy: 'oco' | 'ouo';
  hasExits: boolean;
  /** Exits in parts, each by itself; empty = the pair of take-profit and stop-loss. */
  followers: readonly FollowerDraft[];
}

export type PlanList = Pick<OrderListRequest, 'contingency'> & { orders: Leg[] };

export interface PlanVerdict extends TicketVerdict {
  errors: TicketErrors & ExitErrors;
  /** To send instead of `request`; null for a plain order and while something is wrong. */
  list: PlanList | null;
  /** null without exits. */
  exits: ExitsVerdict | null;
  /** null without exits in parts. */
  followers: FollowersVerdict | null;
}

/** Of an OCO, which may wait only as long as both of its orders may. */
export const OCO_TIMES: readonly TimeInForce[] = ['gtc', 'day', 'gtd'];

/** A type and instructions with which an order may have others that follow its fills. */
export const mayHaveExits = (
  draft: Pick<PlanDraft, 'type' | 'isOco' | 'reduceOnly' | 'postOnly' | 'slides'>,
): boolean =>
  !draft.isOco &&
  !draft.reduceOnly &&
  draft.type !== 'marketToLimit' &&
  !(draft.postOnly && draft.slides);

export function judgePlan(draft: PlanDraft, context: TicketContext): PlanVerdict {
  if (draft.isOco) return judgeOco(draft, context);
  const verdict = judgeTicket(draft, context);
  if (!draft.hasExits || !mayHaveExits(draft))
    return { ...verdict, list: null, exits: null, followers: null };
  if (draft.followers.length > 0) return judgeInParts(draft, verdict, context);
  const { instrument } = context;
  const side = opposite(draft.side);
  const exits = judgeExits(draft, {
    side,
    entryTicks: entryTicks(draft, verdict, context),
    lots: lotsOf(draft, context),
    instrument,
  });
  const errors = { ...verdict.errors, ...exits.errors };
  const entry = hasAny(exits.errors) ? null : verdict.request;
  const legs = entry
    ? exitLegs(exits, { side, instrument }, { quantity: entry.quantity, timeInForce: 'gtc' })
    : [];
  const contingency: Contingency = legs.length === 2 ? 'bracket' : 'oto';
  const list = entry && legs.length > 0 ? { contingency, orders: [entry, ...legs] } : null;
  return { ...verdict, errors, exits, followers: null, request: list ? entry : null, list };
}

function judgeInParts(
  draft: PlanDraft,
  verdict: TicketVerdict,
  context: TicketContext,
): PlanVerdict {
  const followers = judgeFollowers(draft.followers, draft.exitsBy, {
    side: opposite(draft.side),
    entryTicks: entryTicks(draft, verdict, context),
    lots: lotsOf(draft, context),
    instrument: context.instrument,
    quantity: cleanNumber(draft.quantity) ?? '',
  });
  const { request } = verdict;
  const isReady = request !== null && followers.legs !== null;
  const list: PlanList | null = isReady
    ? { contingency: 'oto', orders: [request, ...followers.legs!] }
    : null;
  const warnings = isTooMuch(followers, verdict, context)
    ? [
        ...verdict.warnings,
        'Together the exits are more than the entry: the last may turn the position.',
      ]
    : verdict.warnings;
  return { ...verdict, warnings, exits: null, followers, request: list && request, list };
}

/** None of them cancels another, so all may trade. */
function isTooMuch(
  { legs }: FollowersVerdict,
  { request }: TicketVerdict,
  { instrument }: TicketContext,
): boolean {
  if (legs === null || request === null) return false;
  const lots = ({ quantity }: { quantity: string }) => quantityLots(quantity, instrument) ?? 0;
  return legs.reduce((sum, leg) => sum + lots(leg), 0) > lots(request);
}

/** Judged as the two orders that it is, each by the rules of its type. */
function judgeOco(draft: PlanDraft, context: TicketContext): PlanVerdict {
  const { instrument } = context;
  const { side } = draft;
  const timeInForce = OCO_TIMES.includes(draft.timeInForce) ? draft.timeInForce : 'gtc';
  const marketTicks = marketOf(side, context);
  const exits = judgeExits(draft, {
    side,
    entryTicks: marketTicks,
    lots: lotsOf(draft, context),
    instrument,
  });
  const text = (ticks: number | null, typed: string) =>
    ticks === null ? typed : priceText(ticks, instrument);
  const plain = {
    ...draft,
    timeInForce,
    postOnly: false,
    minimumQuantity: '',
    allOrNone: false,
    display: 'all',
  } as const;
  const target = judgeTicket(
    { ...plain, type: 'limit', limitPrice: text(exits.targetTicks, draft.target) },
    context,
  );
  const stopLimit = exits.stopLimitTicks;
  const stop = judgeTicket(
    {
      ...plain,
      type: stopLimit === null ? 'stop' : 'stopLimit',
      stopPrice: text(exits.stopTicks, draft.stopLoss),
      limitPrice: text(stopLimit, ''),
    },
    context,
  );
  const errors: PlanVerdict['errors'] = {
    ...namedForOco(target.errors, { limitPrice: 'target' }),
    ...namedForOco(stop.errors, { stopPrice: 'stopLoss', limitPrice: 'stopLossLimit' }),
    ...exits.errors,
  };
  if (!draft.target.trim()) errors.target = 'Enter the price to take a profit at.';
  if (!draft.stopLoss.trim()) errors.stopLoss = 'Enter the price to stop a loss at.';
  const isReady = !hasAny(errors) && target.request && stop.request;
  const orders = isReady ? [target.request!, stop.request!] : null;
  return {
    ...target,
    errors,
    warnings: [...new Set([...target.warnings, ...stop.warnings])],
    exits,
    followers: null,
    request: orders ? orders[0]! : null,
    list: orders ? { contingency: draft.linkedBy, orders } : null,
  };
}

function namedForOco(
  errors: TicketErrors,
  names: Record<string, keyof ExitErrors>,
): PlanVerdict['errors'] {
  const entries = Object.entries(errors).map(([field, text]) => [names[field] ?? field, text]);
  return Object.fromEntries(entries);
}

const hasAny = (errors: Record<string, string | undefined>) =>
  Object.values(errors).some((message) => message);

const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

function lotsOf({ quantity }: PlanDraft, { instrument }: TicketContext): number | null {
  const text = cleanNumber(quantity);
  return text === null ? null : quantityLots(text, instrument);
}

function marketOf(side: Side, { quote, instrument }: TicketContext): number | null {
  const text = (side === 'buy' ? quote?.ask : quote?.bid) ?? quote?.last;
  return text ? priceTicks(text, instrument) : null;
}

/** Where the entry would trade: at its limit or peg, at its trigger, else at the other side of the book. */
function entryTicks(
  draft: PlanDraft,
  verdict: TicketVerdict,
  context: TicketContext,
): number | null {
  if (waitsForTrigger(draft.type)) return verdict.triggerTicks;
  if (TYPES[draft.type].peg) {
    const cap = cleanNumber(draft.pegLimit);
    return peggedTicks(draft, cap === null ? null : priceTicks(cap, context.instrument), context);
  }
  if (!TYPES[draft.type].limit) return marketOf(draft.side, context);
  const text = cleanNumber(draft.limitPrice);
  return text === null ? null : priceTicks(text, context.instrument);
}

/** Two orders side by side, without an entry. */
export const isLinked = (contingency: Contingency): boolean =>
  contingency === 'oco' || contingency === 'ouo';

/** What is said in front of the orders of a list: the entry, or both sides of an OCO. */
export function listText({ contingency, orders }: PlanList): string {
  const [first, second] = orders;
  const action = actionText({ ...first!, limitPrice: first!.limitPrice ?? null });
  if (!isLinked(contingency))
    return `${action} with ${['an exit', 'exits'][orders.length - 2] ?? `${orders.length - 1} exits`}`;
  const verb = first!.side === 'buy' ? 'Buy' : 'Sell';
  const prices = [first!.limitPrice, second!.stopPrice].map((price) => grouped(price ?? ''));
  return `${verb} ${grouped(trimmed(first!.quantity))} ${first!.symbol}, ${contingency.toUpperCase()} ${prices.join(' / ')}`;
}

/** What the chosen kind of ticket can say about time. */
export function planTimeOf(draft: Pick<PlanDraft, 'type' | 'timeInForce' | 'isOco'>): TimeInForce {
  if (!draft.isOco) return timeOf(draft);
  return OCO_TIMES.includes(draft.timeInForce) ? draft.timeInForce : 'gtc';
}
