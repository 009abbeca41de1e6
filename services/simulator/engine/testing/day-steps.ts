/** Random steps on trading days: the usual ones, and in between time passes, and halts come and go. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { randomSteps, type Step, SYMBOLS } from './steps.ts';

const TIMES = / (DAY|GTC|IOC|FOK|GTD \d+)\b/;

/** `count` steps; the same seed gives the same. */
export function randomDaySteps(seed: number, count: number): Step[] {
  const random = xoroshiro128plus(seed);
  const below = (n: number): number => (random.next() >>> 0) % n;
  const usual = randomSteps(seed, count);
  let last: Step = usual[0];
  return usual.map((step): Step => {
    const draw = below(100);
    const symbol = SYMBOLS[below(2)];
    if (draw < 14) return { by: 'time', seconds: 1 + below(below(10) === 0 ? 60 : 6) };
    if (draw === 14) return { by: 'halt', symbol, seconds: [null, 3, 8, 20][below(4)] };
    if (draw === 15) return { by: 'reopen', symbol };
    if (draw === 16 && below(6) === 0) {
      const [newUnits, oldUnits] = [
        [2, 1],
        [3, 2],
        [1, 2],
        [2, 3],
      ][below(4)];
      return { by: 'split', symbol, newUnits, oldUnits };
    }
    if (draw === 18 && below(3) === 0) {
      return { by: 'dividend', symbol, amount: ['1', '0.25', '2.50', '12'][below(4)] };
    }
    // Somebody presses the button twice.
    if (draw === 17 && below(3) === 0) return last;
    if (step.by !== 'trader') return step;
    last = { ...step, order: timed(step.order, below) };
    return last;
  });
}

/** Now and then for an auction only; a date is some seconds ahead, not nanoseconds. */
function timed(order: string, below: (n: number) => number): string {
  if (below(7) === 0) return pegged(order, below);
  if (below(6) === 0) {
    const plain = order.replace(TIMES, '');
    return plain.replace(/^([BS] \d+(?:@\d+)?)/, `$1 ${below(2) === 0 ? 'OPG' : 'CLS'}`);
  }
  return order.replace(/GTD \d+/, `GTD ${1 + below(400)}000000000`);
}

/** The same size, and now and then the same limit, as a peg. */
function pegged(order: string, below: (n: number) => number): string {
  const size = /^[BS] \d+/.exec(order)![0];
  const limit = below(3) === 0 ? (/@\d+/.exec(order)?.[0] ?? '') : '';
  const follows = ['PRIMARY', 'MID', 'MARKET'][below(3)];
  const offset = below(2) === 0 ? ` OFF ${below(9) - 4}` : '';
  const part = ['', '', ' HIDE', ` SHOW ${1 + below(6)}`][below(4)];
  const time = ['', ' DAY', ' GTC', ' IOC'][below(below(5) === 0 ? 4 : 3)];
  return `${size}${limit}${time} PEG ${follows}${offset}${part}${below(9) === 0 ? ' REDUCE' : ''}`;
}
