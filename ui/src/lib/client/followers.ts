/** Exits in parts: orders that follow an entry each by itself (OTO), with a size of its own. */
import { quantityLots } from '@sandpit/schemas/decimal.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import {
  type ExitsBy,
  type ExitsContext,
  type ExitsVerdict,
  exitLegs,
  judgeExits,
  type Leg,
  PLAIN_EXITS,
} from './exits.ts';
import { cleanNumber } from './ticket.ts';

/** As typed. */
export interface FollowerDraft {
  kind: 'target' | 'stopLoss';
  /** A price, or a distance from the entry: all exits of a ticket are typed alike. */
  price: string;
  /** Empty = as much as the entry. */
  quantity: string;
}

export interface FollowerErrors {
  price?: string;
  quantity?: string;
}

export interface FollowersVerdict {
  /** One for each, in their order; empty where nothing is wrong. */
  errors: FollowerErrors[];
  /** Where each would stand, in ticks; null while unknown. */
  ticks: (number | null)[];
  /** null while something is wrong with one of them, or with the size of the entry. */
  legs: Leg[] | null;
}

/** A list is ten orders at most, and the entry is one. */
export const MAX_FOLLOWERS = 9;

export const PLAIN_FOLLOWER: Readonly<FollowerDraft> = { kind: 'target', price: '', quantity: '' };

export function judgeFollowers(
  drafts: readonly FollowerDraft[],
  exitsBy: ExitsBy,
  entry: ExitsContext & { quantity: string },
): FollowersVerdict {
  const judged = drafts.map((draft) => judgeFollower(draft, exitsBy, entry));
  const isReady = entry.lots !== null && judged.length > 0 && judged.every(({ leg }) => leg);
  return {
    errors: judged.map(({ errors }) => errors),
    ticks: judged.map(({ ticks }) => ticks),
    legs: isReady ? judged.map(({ leg }) => leg!) : null,
  };
}

function judgeFollower(
  { kind, price, quantity }: FollowerDraft,
  exitsBy: ExitsBy,
  entry: ExitsContext & { quantity: string },
): { errors: FollowerErrors; ticks: number | null; leg: Leg | null } {
  const errors: FollowerErrors = {};
  const exits = judgeExits({ ...PLAIN_EXITS, exitsBy, [kind]: price }, entry);
  const wrong = price.trim()
    ? exits.errors[kind]
    : `Enter ${exitsBy === 'price' ? 'a price' : 'a distance'}.`;
  if (wrong) errors.price = wrong;
  const size = quantity.trim() ? sizeOf(quantity, entry, errors) : entry.quantity;
  const ticks = kind === 'target' ? exits.targetTicks : exits.stopTicks;
  const isWrong = errors.price !== undefined || errors.quantity !== undefined;
  return { errors, ticks, leg: isWrong ? null : legOf(exits, entry, size) };
}

/** More than the entry would close what it never opened. */
function sizeOf(
  typed: string,
  { instrument, lots }: Pick<ExitsContext, 'instrument' | 'lots'>,
  errors: FollowerErrors,
): string {
  const text = cleanNumber(typed);
  const own = text === null ? null : quantityLots(text, instrument);
  if (text === null) errors.quantity = 'Enter a number above zero.';
  else if (own === null) errors.quantity = `Use steps of ${instrument.lotSize}.`;
  else if (lots !== null && own > lots) errors.quantity = 'More than the entry.';
  return text ?? '';
}

function legOf(
  exits: ExitsVerdict,
  { side, instrument }: { side: ExitsContext['side']; instrument: InstrumentSummary },
  quantity: string,
): Leg | null {
  return exitLegs(exits, { side, instrument }, { quantity, timeInForce: 'gtc' })[0] ?? null;
}
