/** Limits of the account in words, and the trader's own as typed: what is wrong, what is asked for. */
import {
  LIMITS_OF_TIER,
  type RiskLimitsRequest,
  type RiskLimitsView,
  type RiskTier,
} from '@sandpit/schemas/risk.ts';
import { grouped, money, trimmed } from './format.ts';
import { cleanNumber } from './ticket.ts';

export type LimitField = keyof RiskLimitsView;

interface LimitWords {
  field: LimitField;
  label: string;
  unit: string;
  hint: string;
  /** As text of the wire per unit typed; 1 where they are the same. */
  scale?: number;
  isMoney?: true;
  /** Most that may be typed. */
  most?: number;
  /** The larger the tighter. */
  isWindow?: true;
  mayBeZero?: true;
}

export const LIMITS: readonly LimitWords[] = [
  {
    field: 'maxOrderNotional',
    label: 'Value of an order',
    unit: 'money',
    hint: 'Size × price.',
    isMoney: true,
  },
  {
    field: 'maxPosition',
    label: 'Position',
    unit: 'money',
    hint: 'Of one instrument, open orders included.',
    isMoney: true,
  },
  {
    field: 'maxOrderSizePercent',
    label: 'Size of an order',
    unit: '%',
    hint: 'Of the largest that the instrument takes.',
    most: 100,
  },
  {
    field: 'collarPpm',
    label: 'Price collar',
    unit: '%',
    hint: 'Of limit prices, around the reference.',
    scale: 10_000,
    most: 100,
  },
  {
    field: 'maxOpenOrders',
    label: 'Open orders',
    unit: '',
    hint: 'Of all instruments.',
    most: 200,
  },
  {
    field: 'ordersPerSecond',
    label: 'Orders a second',
    unit: '/s',
    hint: 'In simulated time; cancels are free.',
    most: 1_000,
  },
  {
    field: 'duplicateWindowMs',
    label: 'Repeats refused within',
    unit: 'ms',
    hint: 'The same order again.',
    most: 60_000,
    isWindow: true,
  },
  {
    field: 'borrowPercent',
    label: 'Short selling',
    unit: '%',
    hint: 'Of what there is to borrow; 0 = none.',
    most: 100,
    mayBeZero: true,
  },
];

/** As a field shows it; '' for no limit. */
export function limitText({ field, scale = 1 }: LimitWords, limits: RiskLimitsView): string {
  const value = limits[field];
  if (value === null) return '';
  return typeof value === 'string' ? trimmed(value) : trimmed((value / scale).toFixed(4));
}

/** "25,000.00", "5 %", "none". */
export function limitWords(words: LimitWords, limits: RiskLimitsView): string {
  const text = limitText(words, limits);
  if (text === '') return 'none';
  if (words.isMoney) return money(text);
  const gap = words.unit && words.unit !== '/s' ? ' ' : '';
  return `${grouped(text)}${gap}${words.unit}`;
}

export interface LimitsVerdict {
  errors: Partial<Record<LimitField, string>>;
  /** null while something is wrong. */
  request: RiskLimitsRequest | null;
}

export function judgeLimits(
  typed: Readonly<Record<LimitField, string>>,
  tierLimits: RiskLimitsView,
): LimitsVerdict {
  const errors: LimitsVerdict['errors'] = {};
  const request: Record<string, string | number | null> = {};
  for (const words of LIMITS) {
    const text = typed[words.field].trim();
    if (text === '') {
      request[words.field] = null;
      continue;
    }
    const isZero = words.mayBeZero && /^0+$/.test(text);
    const clean = isZero ? '0' : cleanNumber(text);
    const value = clean === null ? null : words.isMoney ? clean : wholeOf(clean, words.scale ?? 1);
    if (value === null)
      errors[words.field] = words.scale
        ? 'A number with at most four decimals.'
        : words.isMoney
          ? 'A number above zero.'
          : 'A whole number.';
    else if (Number(clean) > (words.most ?? Number.POSITIVE_INFINITY))
      errors[words.field] = `At most ${grouped(String(words.most))}.`;
    else if (isBeyond(words, Number(value), tierLimits))
      errors[words.field] =
        `Your tier allows ${words.isWindow ? 'no less than' : 'at most'} ${limitWords(words, tierLimits)}.`;
    else request[words.field] = value;
  }
  const isRight = Object.keys(errors).length === 0;
  return { errors, request: isRight ? (request as RiskLimitsRequest) : null };
}

function wholeOf(clean: string, scale: number): number | null {
  const value = Math.round(Number(clean) * scale);
  return Math.abs(value - Number(clean) * scale) < 1e-6 ? value : null;
}

function isBeyond(
  { field, isWindow }: LimitWords,
  value: number,
  tierLimits: RiskLimitsView,
): boolean {
  const ofTier = tierLimits[field];
  if (ofTier === null) return false;
  return isWindow ? value < Number(ofTier) : value > Number(ofTier);
}

export const TIER_NAMES: Readonly<Record<RiskTier, string>> = {
  learner: 'Learner',
  standard: 'Standard',
  professional: 'Professional',
};

/** What a tier is for, on the start form; '' = the scenario's own. */
export function tierHelp(tier: RiskTier | ''): string {
  if (tier === '') return 'What orders are checked against before they are taken.';
  const { maxOrderNotionalMicros, ordersPerSecond } = LIMITS_OF_TIER[tier];
  if (maxOrderNotionalMicros === null) return 'Only what instruments and lenders allow.';
  const value = money(String(maxOrderNotionalMicros / 1_000_000));
  return `Orders of up to ${value}, ${ordersPerSecond} a second.`;
}

const SCOPES = { simulator: 'this simulator', account: 'all your simulators', global: 'everybody' };

/** "Trading in this simulator is stopped: My program runs away." */
export function switchText({
  scope,
  by,
  reason,
}: {
  scope: keyof typeof SCOPES;
  by: 'trader' | 'operator';
  reason: string;
}): string {
  return `Trading of ${SCOPES[scope]} is stopped${by === 'operator' ? ' by the operator' : ''}: ${reason}`;
}
