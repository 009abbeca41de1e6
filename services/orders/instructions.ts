/** What a request asks for beyond side, size, limit and time in force -> instructions on the grid. */
import { priceTicks, quantityLots, stepsOf } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { OrderInstructions } from '@sandpit/schemas/instructions.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { OrderType } from '@sandpit/schemas/order.ts';
import { NS_PER_MS, type PriceTicks, type SimNs } from '@sandpit/schemas/units.ts';
import type { FieldError } from '../platform/errors.ts';

const MAX_TICKS = 1_000_000_000;
/** A ten-thousandth of a percent is a millionth. */
const PERCENT_STEP = '0.0001';
/** The venue's limit on how many parts an order may be shown in. */
const MAX_PARTS = 100;

/**
 * What each type takes: L a limit price, S a stop price, T a trailing distance, O a limit offset, P
 * what it is pegged to, and a limit price if it likes.
 */
const TAKES: Readonly<Record<OrderType, string>> = {
  market: '',
  marketToLimit: '',
  limit: 'L',
  stop: 'S',
  stopLimit: 'LS',
  marketIfTouched: 'S',
  limitIfTouched: 'LS',
  trailingStop: 'T',
  trailingStopLimit: 'TO',
  pegged: 'P',
};

export const takesLimit = (type: OrderType): boolean => TAKES[type].includes('L');
export const mayHaveLimit = (type: OrderType): boolean => /[LP]/.test(TAKES[type]);
export const hasTrigger = (type: OrderType): boolean => /[ST]/.test(TAKES[type]);

/** Only the fields that the request names; undefined for a plain order. Faults go into `errors`. */
export function instructionsOf(
  request: OrderRequest,
  instrument: Instrument,
  opensAtMs: number,
  errors: FieldError[],
): OrderInstructions | undefined {
  const { type, stopPrice, triggerReference, trailAmount, trailPercent, limitOffset } = request;
  const takes = TAKES[type];
  const instructions = handlingOf(request, instrument, opensAtMs, errors);
  const fail = (path: string, message: string) => void errors.push({ path, message });
  const expect = (path: string, given: unknown, wanted: boolean): boolean => {
    if (wanted && given === undefined) fail(path, `An order of type ${type} needs it.`);
    if (!wanted && given !== undefined) fail(path, `An order of type ${type} takes none.`);
    return wanted && given !== undefined;
  };
  const ticks = (path: string, text: string, least = 1) =>
    ticksOf(path, text, instrument, errors, least);
  if (expect('stopPrice', stopPrice, takes.includes('S'))) {
    instructions.stopTicks = ticks('stopPrice', stopPrice!);
  }
  if (expect('limitOffset', limitOffset, takes.includes('O'))) {
    instructions.limitOffsetTicks = ticks('limitOffset', limitOffset!, 0);
  }
  if (triggerReference !== undefined && !hasTrigger(type)) expect('triggerReference', 1, false);
  else if (triggerReference !== undefined) instructions.triggerReference = triggerReference;
  if (expect('pegPriceType', request.pegPriceType, takes.includes('P'))) {
    Object.assign(instructions, peggedOf(request, instrument, fail));
  } else if (request.pegOffset !== undefined) expect('pegOffset', 1, false);
  if (trailAmount !== undefined && trailPercent !== undefined) {
    fail('trailPercent', 'Give trailAmount or trailPercent, not both.');
  } else if (trailPercent !== undefined) {
    if (expect('trailPercent', trailPercent, takes.includes('T'))) {
      instructions.trailPpm = ppmOf(trailPercent, fail);
    }
  } else if (expect('trailAmount', trailAmount, takes.includes('T'))) {
    instructions.trailTicks = ticks('trailAmount', trailAmount!);
  }
  return Object.keys(instructions).length > 0 ? instructions : undefined;
}

/** How it is handled in the book, whatever its type. */
function handlingOf(
  request: OrderRequest,
  instrument: Instrument,
  opensAtMs: number,
  errors: FieldError[],
): OrderInstructions {
  const { expireAt, timeInForce, postOnly, minimumQuantity } = request;
  const { selfTradePrevention, postOnlyMode, reduceOnly } = request;
  const fail = (path: string, message: string) => void errors.push({ path, message });
  if ((timeInForce === 'gtd') !== (expireAt !== undefined)) {
    fail('expireAt', 'An order with timeInForce gtd needs it, and no other takes it.');
  }
  if (postOnlyMode !== undefined && !postOnly) {
    fail('postOnlyMode', 'Only a post-only order takes it.');
  }
  failOnMinimum(request, fail);
  const minimumLots = minimumQuantity && quantityLots(minimumQuantity, instrument);
  if (minimumLots === null) {
    fail('minimumQuantity', `Not a multiple of the lot size ${instrument.lotSize}.`);
  }
  return {
    ...(expireAt !== undefined && { expireNs: simNsOf(expireAt, opensAtMs) }),
    ...(selfTradePrevention && { selfTradePrevention }),
    ...(postOnlyMode && { postOnlyMode }),
    ...(reduceOnly && { reduceOnly }),
    ...(minimumLots && { minimumLots }),
    ...(request.allOrNone && { allOrNone: true }),
    ...displayOf(request, instrument, fail),
  };
}

/** A peg follows at any offset on the grid, rests, and never takes. */
function peggedOf(
  { pegPriceType, pegOffset, timeInForce = 'day', displayQuantity }: OrderRequest,
  instrument: Instrument,
  fail: (path: string, message: string) => void,
): OrderInstructions {
  if (timeInForce !== 'day' && timeInForce !== 'gtc' && timeInForce !== 'gtd') {
    fail('timeInForce', 'A pegged order rests: use day, gtc or gtd.');
  }
  if (pegPriceType === 'mid' && displayQuantity !== undefined && displayQuantity !== '0') {
    fail('displayQuantity', 'An order pegged to the mid is hidden: it shows nothing.');
  }
  const offset = pegOffset === undefined ? 0 : pegOffsetOf(pegOffset, instrument, fail);
  return { pegPriceType: pegPriceType!, ...(offset !== 0 && { pegOffsetTicks: offset }) };
}

/** @returns  Null when it is none, and then `fail` has been told. */
export function pegOffsetOf(
  text: string,
  instrument: Instrument,
  fail: (path: string, message: string) => void,
): number | null {
  const offset = priceTicks(text, instrument);
  if (offset !== null && Math.abs(offset) <= MAX_TICKS) return offset;
  fail('pegOffset', `Not a multiple of the tick size ${instrument.tickSize}.`);
  return null;
}

/** Types that may rest with a minimum. */
const CAN_HAVE_MINIMUM = ['limit', 'stopLimit', 'limitIfTouched', 'trailingStopLimit'];

/** One that is immediate takes any minimum; one that rests is hidden, and takes when it can. */
function failOnMinimum(request: OrderRequest, fail: (path: string, message: string) => void): void {
  const { type, timeInForce = 'day', minimumQuantity, allOrNone, displayQuantity } = request;
  if (minimumQuantity === undefined && !allOrNone) return;
  const path = allOrNone ? 'allOrNone' : 'minimumQuantity';
  if (allOrNone && minimumQuantity !== undefined) {
    fail('minimumQuantity', 'All or none says it all: leave the minimum out.');
  }
  if (timeInForce === 'ioc' && !allOrNone) return;
  if (timeInForce === 'ioc' || timeInForce === 'fok') {
    fail(path, 'An order that trades in full at once or not at all is fok, without a minimum.');
  } else if (!CAN_HAVE_MINIMUM.includes(type) || timeInForce === 'opg' || timeInForce === 'cls') {
    fail(path, 'Only an order that rests at a limit price takes it, or one that is ioc.');
  } else if (request.postOnly) {
    fail(path, 'A post-only order takes none: this one trades as soon as there is enough.');
  } else if (request.reduceOnly) {
    fail(path, 'A reduce-only order takes none: less than that may be left to reduce.');
  } else if (displayQuantity !== undefined && displayQuantity !== '0') {
    fail('displayQuantity', 'An order with a minimum is hidden: it shows nothing.');
  }
}

/** Types that rest at a limit that is known when they are entered. */
const CAN_SHOW_PART = [
  'pegged',
  'limit',
  'marketToLimit',
  'stopLimit',
  'limitIfTouched',
  'trailingStopLimit',
];

/** The part on show: of an order that rests, and not more than the whole. */
function displayOf(
  { type, timeInForce = 'day', quantity, displayQuantity }: OrderRequest,
  instrument: Instrument,
  fail: (path: string, message: string) => void,
): Pick<OrderInstructions, 'displayLots'> {
  if (displayQuantity === undefined) return {};
  if (!CAN_SHOW_PART.includes(type)) {
    fail('displayQuantity', `An order of type ${type} takes none.`);
  } else if (timeInForce !== 'day' && timeInForce !== 'gtc' && timeInForce !== 'gtd') {
    fail('displayQuantity', 'Only an order with timeInForce day, gtc or gtd takes it.');
  }
  return { displayLots: displayLotsOf(displayQuantity, quantity, instrument, fail) };
}

/** @param quantity  Of the whole order, if it is known. */
export function displayLotsOf(
  text: string,
  quantity: string | undefined,
  instrument: Instrument,
  fail: (path: string, message: string) => void,
): number | null {
  const lots = quantityLots(text, instrument);
  if (lots === null) {
    fail('displayQuantity', `Not a multiple of the lot size ${instrument.lotSize}.`);
    return null;
  }
  const whole = quantity === undefined ? null : quantityLots(quantity, instrument);
  if (lots < 0 || (whole !== null && lots > whole)) {
    fail('displayQuantity', 'Must be 0 (hidden) up to the quantity.');
  } else if (whole !== null && lots > 0 && whole > MAX_PARTS * lots) {
    fail('displayQuantity', 'Show at least a hundredth of the order, or 0 to hide it.');
  }
  return lots;
}

/** Never before the beginning: a time that is past is the venue's to refuse. */
const simNsOf = (iso: string, opensAtMs: number): SimNs =>
  Math.max(0, (Date.parse(iso) - opensAtMs) * NS_PER_MS) as SimNs;

/** Ticks of a price or a distance; null, and a fault, when it is off the grid or out of range. */
export function ticksOf(
  path: string,
  text: string,
  instrument: Instrument,
  errors: FieldError[],
  least = 1,
): PriceTicks | null {
  const ticks = priceTicks(text, instrument);
  if (ticks !== null && ticks >= least && ticks <= MAX_TICKS) return ticks;
  const message =
    ticks === null
      ? `Not a multiple of the tick size ${instrument.tickSize}.`
      : 'Must be above zero and below a billion ticks.';
  errors.push({ path, message });
  return null;
}

function ppmOf(text: string, fail: (path: string, message: string) => void): number | null {
  const steps = stepsOf(text, PERCENT_STEP);
  if (steps !== null && steps >= 1 && steps < 1_000_000) return steps;
  fail('trailPercent', 'Must be above 0 and below 100, with at most four decimals.');
  return null;
}

/** Whether both ask for the same; what is absent has its default. */
export function isSameInstructions(a?: OrderInstructions, b?: OrderInstructions): boolean {
  const keys = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...keys].every((key) => {
    const name = key as keyof OrderInstructions;
    return settingOf(name, a) === settingOf(name, b);
  });
}

/** What an absent instruction means. */
const DEFAULTS: OrderInstructions = {
  triggerReference: 'last',
  selfTradePrevention: 'expireTaker',
  postOnlyMode: 'reject',
  reduceOnly: false,
  allOrNone: false,
};

function settingOf(name: keyof OrderInstructions, instructions?: OrderInstructions): unknown {
  return instructions?.[name] ?? DEFAULTS[name] ?? null;
}
