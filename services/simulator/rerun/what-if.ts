/**
 * The true cost of an order: the same seed and the same other commands, run again without it or with
 * another one in its place. What differs, the order has caused. Pure.
 */
import type { CapsuleCommand } from '@sandpit/schemas/capsule.ts';
import {
  averagePriceText,
  moneyText,
  priceText,
  priceTicks,
  quantityLots,
  quantityText,
} from '@sandpit/schemas/decimal.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { TrueCost, WhatIfRequest } from '@sandpit/schemas/report.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import type { Player } from './player.ts';
import { isoAt, midText, opportunityMicros, sampleAt } from './report/report.ts';
import {
  type InstrumentTrace,
  type OrderTrace,
  type SessionInput,
  type TimedStep,
  type Trace,
  traceSession,
} from './trace.ts';

const IMPACT_SECONDS = [1, 10, 60, 300];
const PATH_POINTS = 300;
const PATH_BEFORE_NS = 30 * NS_PER_SECOND;
const PATH_AFTER_NS = 600 * NS_PER_SECOND;

/** The request names no order that can be changed, or in a way that makes none. */
export class WhatIfError extends Error {
  override readonly name = 'WhatIfError';
  /** Of the field in the request. */
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export function trueCost(
  input: SessionInput,
  base: Trace,
  request: WhatIfRequest,
  opensAtMs: number,
): Omit<TrueCost, 'tookMs'> {
  const chosen = base.orders.find(({ order }) => order.orderId === request.orderId);
  if (!chosen) throw new WhatIfError('orderId', 'is no order of this session');
  const market = base.instruments.find(
    ({ instrument }) => instrument.symbol === chosen.order.symbol,
  )!;
  const { steps, words } = changedSteps(input.steps, chosen, request, market.instrument);
  const other = traceSession(input, steps, translator(base));
  const otherwise = other.orders.find(
    ({ order }) => order.clientOrderId === chosen.order.clientOrderId,
  );
  const costs = fillCosts(base, other, chosen, market, opensAtMs);
  const [equity, equityOtherwise] = [base, other].map(
    (trace) => trace.equityMicros.at(-1) ?? trace.startingCashMicros,
  ) as [number, number];
  return {
    orderId: request.orderId,
    change: words,
    ...costs,
    fees: moneyText(chosen.order.feesMicros),
    opportunity: moneyText(Math.round(opportunityMicros(chosen, base))),
    impactAfter: impactAfter(base, other, chosen),
    equity: moneyText(equity),
    equityOtherwise: moneyText(equityOtherwise),
    difference: moneyText(equity - equityOtherwise),
    otherwise: outcomeOf(otherwise, market.instrument),
    paths: paths(base, other, chosen, market, opensAtMs),
    tapeHash: base.tapeHash,
    tapeHashOtherwise: other.tapeHash,
  };
}

function outcomeOf(otherwise: OrderTrace | undefined, instrument: Instrument) {
  if (!otherwise) return { status: null, filledQuantity: null, averagePrice: null };
  const { status, filledLots, notionalMicros } = otherwise.order;
  return {
    status,
    filledQuantity: quantityText(filledLots, instrument),
    averagePrice: averagePriceText(notionalMicros, filledLots, instrument),
  };
}

/**
 * The session's steps with the order left out, or changed, or later.
 *
 * Other commands with its client order id were refused because the id was taken, or before it was:
 * none of them may now be what brings an order, so they are left out as well.
 */
function changedSteps(
  sent: SessionInput['steps'],
  { order, arrivalNs }: OrderTrace,
  request: WhatIfRequest,
  instrument: Instrument,
): { steps: TimedStep[]; words: string } {
  const isIt = ({ body }: CapsuleCommand) =>
    (body.type === 'newOrder' && body.ticket.clientOrderId === order.clientOrderId) ||
    (body.type === 'closePosition' && body.clientOrderId === order.clientOrderId);
  const brought = sent.filter(({ commands }) => commands.some(isIt));
  const source = brought.find(({ simNs }) => simNs === arrivalNs) ?? brought[0];
  const command = source?.commands.find(isIt);
  if (!command)
    throw new WhatIfError('orderId', 'was entered as part of a list, or before this log');
  const steps = sent.map((each) =>
    each.commands.some((one) => isIt(one) && one !== command)
      ? { ...each, commands: each.commands.filter((one) => !isIt(one) || one === command) }
      : each,
  );
  const at = sent.indexOf(source!);
  const step = steps[at]!;
  const { command: changed, words } = changedCommand(command, request, instrument);
  const rest = { ...step, commands: step.commands.filter((each) => each !== command) };
  const others: TimedStep[] = steps.with(at, rest);
  if (!changed) return { steps: others, words };
  const delayNs = Math.round((request.delaySeconds ?? 0) * NS_PER_SECOND);
  if (delayNs === 0) {
    const commands = step.commands.map((each) => (each === command ? changed : each));
    return { steps: steps.with(at, { ...step, commands }), words };
  }
  const simNs = (step.simNs + delayNs) as SimNs;
  const later: TimedStep = { simNs, wallAt: step.wallAt, commands: [changed] };
  const place = others.findIndex((each) => each.simNs > simNs);
  return { steps: others.toSpliced(place < 0 ? others.length : place, 0, later), words };
}

function changedCommand(
  command: CapsuleCommand,
  { quantity, type, limitPrice, delaySeconds }: WhatIfRequest,
  instrument: Instrument,
): { command: CapsuleCommand | null; words: string } {
  const asked = [quantity, type, limitPrice, delaySeconds].some((each) => each !== undefined);
  if (!asked) return { command: null, words: 'without it' };
  const { body } = command;
  if (body.type !== 'newOrder') {
    throw new WhatIfError('orderId', 'closes a position; it can only be left out');
  }
  const ticket = { ...body.ticket };
  const words: string[] = [];
  if (quantity !== undefined) {
    const lots = quantityLots(quantity, instrument);
    if (lots === null) throw new WhatIfError('quantity', `takes steps of ${instrument.lotSize}`);
    ticket.quantityLots = lots;
    words.push(`${quantityText(lots, instrument)} instead`);
  }
  if (limitPrice !== undefined) {
    const ticks = priceTicks(limitPrice, instrument);
    if (ticks === null)
      throw new WhatIfError('limitPrice', `takes steps of ${instrument.tickSize}`);
    ticket.limitTicks = ticks;
    ticket.type = 'limit';
    words.push(`limit ${priceText(ticks, instrument)}`);
  }
  if (type === 'market') {
    if (limitPrice !== undefined)
      throw new WhatIfError('limitPrice', 'goes with a limit order only');
    Object.assign(ticket, { type, limitTicks: null, postOnly: false });
    words.push('at market');
  } else if (type === 'limit' && ticket.limitTicks === null) {
    throw new WhatIfError('limitPrice', 'is needed for a limit order');
  }
  if (delaySeconds !== undefined) words.push(`${delaySeconds} s later`);
  return { command: { ...command, body: { ...body, ticket } }, words: words.join(', ') };
}

/**
 * The engine numbers orders as they come, so another number of orders shifts the ids that later
 * commands name, of lists too: they are looked up by client order id. A command to an order or a list
 * that is not there now is left out.
 */
function translator(
  base: Trace,
): (command: CapsuleCommand, player: Player) => CapsuleCommand | null {
  const clientIds = new Map(base.orders.map(({ order }) => [order.orderId, order.clientOrderId]));
  const ofLists = new Map(
    base.orders.flatMap(({ order: { list, clientOrderId } }) =>
      list ? [[list.listId, clientOrderId] as const] : [],
    ),
  );
  return (command, { venue }) => {
    const { body } = command;
    if (body.type === 'cancelList') {
      const member = ofLists.get(body.listId);
      if (member === undefined) return command;
      const list = venue.orderByClientId(member)?.list;
      return list ? { ...command, body: { ...body, listId: list.listId } } : null;
    }
    if (!('orderId' in body)) return command;
    const clientId = clientIds.get(body.orderId);
    if (clientId === undefined) return command;
    const order = venue.orderByClientId(clientId);
    return order ? { ...command, body: { ...body, orderId: order.orderId } } : null;
  };
}

const sideOf = ({ order }: OrderTrace) => (order.side === 'buy' ? 1 : -1);
const midsOf = ({ instruments }: Trace, symbol: string): readonly number[] =>
  instruments.find(({ instrument }) => instrument.symbol === symbol)!.midHalfTicks;

/** Price − arrival = (price − mid) + (mid − other mid) + (other mid − arrival). */
function fillCosts(
  base: Trace,
  other: Trace,
  chosen: OrderTrace,
  { instrument }: InstrumentTrace,
  opensAtMs: number,
) {
  const half = (sideOf(chosen) * instrument.tickValueMicros) / 2;
  const otherMids = midsOf(other, instrument.symbol);
  const sum = { spread: 0, impact: 0, waiting: 0 };
  const fills = base.fills
    .filter(({ orderId }) => orderId === chosen.order.orderId)
    .map((fill) => {
      const { midHalfTicks: mid, quantityLots: lots } = fill;
      // Until its own command is over nothing has been otherwise.
      const isAtOnce = fill.atNs === chosen.arrivalNs;
      const otherMid = isAtOnce ? mid : otherMids[sampleAt(other, fill.atNs)] || mid;
      const spread = half * (2 * fill.priceTicks - mid) * lots;
      const impact = half * (mid - otherMid) * lots;
      const waiting = half * (otherMid - (chosen.arrivalHalfTicks || otherMid)) * lots;
      sum.spread += spread;
      sum.impact += impact;
      sum.waiting += waiting;
      return {
        executionId: fill.executionId,
        at: isoAt(fill.atNs, opensAtMs),
        price: priceText(fill.priceTicks, instrument),
        quantity: quantityText(lots, instrument),
        spread: moneyText(Math.round(spread)),
        impact: moneyText(Math.round(impact)),
        waiting: moneyText(Math.round(waiting)),
      };
    });
  return {
    fills,
    spread: moneyText(Math.round(sum.spread)),
    impact: moneyText(Math.round(sum.impact)),
    waiting: moneyText(Math.round(sum.waiting)),
  };
}

function impactAfter(base: Trace, other: Trace, chosen: OrderTrace) {
  const { symbol } = chosen.order;
  const [mids, otherMids] = [midsOf(base, symbol), midsOf(other, symbol)];
  return IMPACT_SECONDS.flatMap((seconds) => {
    const ns = chosen.arrivalNs + seconds * NS_PER_SECOND;
    if (ns > base.atNs.at(-1)!) return [];
    const [mid, otherMid] = [mids[sampleAt(base, ns)]!, otherMids[sampleAt(other, ns)] ?? 0];
    if (mid === 0 || otherMid === 0) return [];
    return [{ seconds, ticks: (sideOf(chosen) * (mid - otherMid)) / 2 }];
  });
}

function paths(
  base: Trace,
  other: Trace,
  chosen: OrderTrace,
  market: InstrumentTrace,
  opensAtMs: number,
) {
  const from = sampleAt(base, chosen.arrivalNs - PATH_BEFORE_NS);
  const to = sampleAt(base, chosen.arrivalNs + PATH_AFTER_NS);
  const step = Math.max(1, Math.ceil((to - from + 1) / PATH_POINTS));
  const otherMids = midsOf(other, market.instrument.symbol);
  const points: TrueCost['paths'] = [];
  for (let i = from; i <= to; i += step) {
    points.push({
      at: isoAt(base.atNs[i]!, opensAtMs),
      mid: midText(market.midHalfTicks[i]!, market),
      midOtherwise: midText(otherMids[i] ?? 0, market),
    });
  }
  return points;
}
