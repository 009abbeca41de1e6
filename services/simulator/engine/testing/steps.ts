/**
 * Random steps for an exchange, in desk notation: what agents, the trader and the clock do.
 *
 * Orders are named by their place among those that are open, so a sequence still means something
 * when steps before are left out.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export const SYMBOLS = ['ACME', 'NOSHORT'] as const;

export type Step =
  | { by: 'agent'; owner: number; symbol: string; order: string; flags: number }
  | { by: 'agentCancel'; symbol: string; pick: number }
  | { by: 'trader'; symbol: string; order: string; repeatsClientId: boolean }
  | { by: 'cancel'; pick: number }
  | {
      by: 'replace';
      pick: number;
      lots: number | null;
      ticks: number | null;
      stopTicks: number | null;
      displayLots: number | null;
      minimumLots: number | null;
    }
  | { by: 'cancelAll'; symbol: string | null; side: 'buy' | 'sell' | null }
  | { by: 'list'; kind: 'oco' | 'ouo' | 'oto' | 'bracket'; symbol: string; orders: string[] }
  | { by: 'cancelList'; pick: number }
  | { by: 'close'; symbol: string; reverse: boolean }
  | { by: 'time'; seconds: number }
  | { by: 'halt'; symbol: string; seconds: number | null }
  | { by: 'reopen'; symbol: string }
  | { by: 'split'; symbol: string; newUnits: number; oldUnits: number }
  | { by: 'dividend'; symbol: string; amount: string }
  | { by: 'midnight'; settles: boolean }
  | { by: 'restart' };

/** The step as a person would write it down. */
export function stepText(step: Step): string {
  switch (step.by) {
    case 'agent':
      return `agent ${step.owner} ${step.symbol}: ${step.order}${step.flags ? ` flags ${step.flags}` : ''}`;
    case 'agentCancel':
      return `agent cancels ${step.symbol} [${step.pick}]`;
    case 'trader':
      return `trader ${step.symbol}: ${step.order}${step.repeatsClientId ? ' (client id again)' : ''}`;
    case 'cancel':
      return `trader cancels [${step.pick}]`;
    case 'replace':
      return `trader replaces [${step.pick}] by ${step.lots ?? '='}@${step.ticks ?? '='}${step.stopTicks === null ? '' : ` STOP ${step.stopTicks}`}${step.displayLots === null ? '' : ` SHOW ${step.displayLots}`}${step.minimumLots === null ? '' : ` MIN ${step.minimumLots}`}`;
    case 'cancelAll':
      return `trader cancels all ${step.symbol ?? ''} ${step.side ?? ''}`.trimEnd();
    case 'list':
      return `trader ${step.symbol}: ${step.kind} of ${step.orders.join(', ')}`;
    case 'cancelList':
      return `trader cancels list [${step.pick}]`;
    case 'close':
      return `trader ${step.reverse ? 'turns' : 'closes'} ${step.symbol}`;
    case 'time':
      return `${step.seconds} s pass`;
    case 'halt':
      return `halt ${step.symbol} for ${step.seconds ?? 'ever'}`;
    case 'reopen':
      return `reopen ${step.symbol}`;
    case 'split':
      return `split ${step.symbol} ${step.newUnits} for ${step.oldUnits}`;
    case 'dividend':
      return `${step.symbol} pays ${step.amount}`;
    case 'midnight':
      return step.settles ? step.by : 'midnight before a holiday';
    default:
      return step.by;
  }
}

/** `count` steps; the same seed gives the same. */
export function randomSteps(seed: number, count: number): Step[] {
  const random = xoroshiro128plus(seed);
  const below = (n: number): number => (random.next() >>> 0) % n;
  // The market wanders, and now and then is wide enough to leave a collar.
  let mid = 100;
  const width = [6, 15, 40][below(3)];
  return Array.from({ length: count }, () => {
    mid = Math.max(30, mid + below(5) - 2);
    return randomStep(below, mid, width);
  });
}

type Below = (n: number) => number;

function randomStep(below: Below, mid: number, width: number): Step {
  const draw = below(100);
  const symbol = SYMBOLS[below(4) === 0 ? 1 : 0];
  if (draw < 44) {
    const order = `${side(below)} ${1 + below(30)}@${priceNear(below, mid, width)}`;
    const isTake = below(8) === 0;
    const flags = isTake ? 1 : [0, 0, 0, 0, 0, 1, 2, 4][below(8)];
    return {
      by: 'agent',
      owner: 2 + below(4),
      symbol,
      order: isTake ? order.replace(/@.*/, '') : order + part(below, 12),
      flags,
    };
  }
  if (draw < 62) return { by: 'agentCancel', symbol, pick: below(60) };
  if (draw < 67) return randomList(below, symbol, mid);
  if (draw < 68) {
    if (below(2) === 0) return { by: 'cancelList', pick: below(4) };
    return { by: 'close', symbol, reverse: below(3) === 0 };
  }
  if (draw < 86) {
    const order = traderOrder(below, mid, width);
    return { by: 'trader', symbol, order, repeatsClientId: below(40) === 0 };
  }
  if (draw < 91) return { by: 'cancel', pick: below(12) };
  if (draw < 97) {
    const lots = below(3) === 0 ? null : below(90);
    const ticks = below(3) === 0 ? priceNear(below, mid, width) : null;
    const stopTicks = below(5) === 0 ? priceNear(below, mid, width) : null;
    const displayLots = below(8) === 0 ? below(12) : null;
    const minimumLots = below(8) === 0 ? below(13) : null;
    return { by: 'replace', pick: below(12), lots, ticks, stopTicks, displayLots, minimumLots };
  }
  if (draw < 98) {
    const all = below(2) === 0;
    const which = all ? null : below(2) === 0 ? 'buy' : 'sell';
    return { by: 'cancelAll', symbol: below(2) === 0 ? symbol : null, side: which };
  }
  if (below(8) === 0) return { by: 'restart' };
  return { by: 'midnight', settles: below(3) > 0 };
}

/** Mostly one that makes sense: legs on both sides of the market, sizes that fit. */
function randomList(below: Below, symbol: string, mid: number): Step {
  const kind = (['oco', 'ouo', 'oto', 'bracket'] as const)[below(4)];
  const lots = 1 + below(30);
  const isLed = kind === 'oto' || kind === 'bracket';
  const first = side(below);
  const legSide = isLed === (first === 'B') ? 'S' : 'B';
  const away = legSide === 'S' ? 1 + below(8) : -1 - below(8);
  const other = mid - away;
  const stop = [` STOP ${other}`, `@${other} STOP ${other}`, ` TRAIL ${1 + below(6)}`][below(3)];
  const legs = [
    `${legSide} ${lots}@${mid + away}`,
    `${legSide} ${lots}${below(3) === 0 ? `@${mid + 2 * away}` : stop}`,
  ];
  if (!isLed) return { by: 'list', kind, symbol, orders: legs };
  const peg = ['PRIMARY', 'MID', 'MARKET'][below(3)];
  const isPeg = below(6) === 0;
  const entry = `${first} ${lots}${isPeg ? ` PEG ${peg}` : `@${mid + below(7) - 3}`}`;
  const isOdd = below(15) === 0;
  const children = isOdd ? [`${legSide} ${lots + 1}@${mid}`, legs[1]] : legs;
  return { by: 'list', kind, symbol, orders: [entry, ...children] };
}

const side = (below: Below): string => (below(2) === 0 ? 'B' : 'S');

/** Mostly around the middle, seldom far away or none that a venue takes. */
function priceNear(below: Below, mid: number, width: number): number {
  const draw = below(60);
  if (draw === 0) return 1 + below(5 * mid);
  return Math.max(1, mid + below(2 * width + 1) - width);
}

function traderOrder(below: Below, mid: number, width: number): string {
  const lots = below(50) === 0 ? below(2) * 5_000 : 1 + below(below(4) === 0 ? 400 : 60);
  const isMarket = below(5) === 0;
  const price = below(100) === 0 ? 0 : priceNear(below, mid, width);
  const words = [
    ['', ' DAY', ' GTC', '', ' IOC', ' FOK', ` GTD ${1 + below(1_200)}`][below(7)],
    below(6) === 0 ? [' POST', ' SLIDE'][below(2)] : '',
    isMarket && below(3) === 0 ? ' MTL' : '',
    below(5) === 0 ? minimum(below) : '',
    HANDLING[below(HANDLING.length)],
    part(below, isMarket ? 30 : 4),
    below(3) === 0 ? condition(below, mid, width) : '',
  ].join('');
  return `${side(below)} ${lots}${isMarket ? '' : `@${price}`}${words}`;
}

const minimum = (below: Below): string => (below(2) === 0 ? ` MIN ${1 + below(20)}` : ' AON');

/** Self-trade prevention and reduce-only; mostly neither. */
const HANDLING = [...Array<string>(14).fill(''), ' REDUCE', ' REDUCE', ' MAKER', ' BOTH', ' LESS'];

/** One in `oneIn` orders shows only a part of itself, or nothing. */
function part(below: Below, oneIn: number): string {
  if (below(oneIn) !== 0) return '';
  return below(3) === 0 ? ' HIDE' : ` SHOW ${1 + below(12)}`;
}

/** What it waits for; now and then a contradiction. */
function condition(below: Below, mid: number, width: number): string {
  const by = ['', '', ' BY QUOTE', ' BY MID', ' BY LAST'][below(5)];
  const offset = below(3) === 0 ? ` OFFSET ${below(5)}` : '';
  const price = priceNear(below, mid, width);
  const waits = [
    ` STOP ${price}`,
    ` MIT ${price}`,
    ` TRAIL ${1 + below(9)}`,
    ` TRAIL ${1 + below(9)}%`,
  ];
  const which = below(4);
  return `${waits[which]}${which >= 2 || below(20) === 0 ? offset : ''}${by}`;
}
