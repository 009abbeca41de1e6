/** The network lab in words: what can be tried, what runs, and how it went. */
import type { Lab, LabFault, LabRequest, LabScore } from '@sandpit/schemas/lab.ts';

export interface LabPlan {
  name: string;
  title: string;
  /** What will happen. */
  text: string;
  seconds: number;
  faults: readonly LabFault[];
}

export const LAB_PLANS: readonly LabPlan[] = [
  {
    name: 'slow',
    title: 'Slow line',
    text: 'Everything takes 0.3 to 0.5 s longer, each way.',
    seconds: 60,
    faults: [{ type: 'latency', delayMs: 300, jitterMs: 200 }],
  },
  {
    name: 'train',
    title: 'On a train',
    text: 'Uneven, every tenth request breaks, and twice the line is gone for some seconds.',
    seconds: 60,
    faults: [
      { type: 'latency', delayMs: 100, jitterMs: 300 },
      { type: 'loss', ratio: 0.1 },
      { type: 'disconnect', fromSeconds: 12, seconds: 8 },
      { type: 'disconnect', fromSeconds: 40, seconds: 4 },
    ],
  },
  {
    name: 'tunnel',
    title: 'Tunnel',
    text: 'For 20 s nothing arrives and nothing breaks: the line looks open and is dead.',
    seconds: 60,
    faults: [{ type: 'halfOpen', fromSeconds: 3, seconds: 20 }],
  },
  {
    name: 'deaf',
    title: 'Answers lost',
    text: 'For 15 s what you send arrives, and nothing comes back.',
    seconds: 45,
    faults: [{ type: 'halfOpen', fromSeconds: 3, seconds: 15, direction: 'toClient' }],
  },
  {
    name: 'narrow',
    title: 'Narrow line',
    text: '8 kB a second for the stream.',
    seconds: 60,
    faults: [{ type: 'throttle', bytesPerSecond: 8_192 }],
  },
  {
    name: 'venue',
    title: 'Venue takes no orders',
    text: 'New orders fail for 30 s; after 15 s cancels fail, too.',
    seconds: 30,
    faults: [{ type: 'submitsDown' }, { type: 'cancelsDown', fromSeconds: 15 }],
  },
  {
    name: 'frozen',
    title: 'Frozen book',
    text: 'Prices stand still for 30 s and look alive; orders trade at the real ones.',
    seconds: 30,
    faults: [{ type: 'staleBook' }],
  },
  {
    name: 'moody',
    title: 'Moody venue',
    text: 'Every second order is refused.',
    seconds: 45,
    faults: [{ type: 'rejects', ratio: 0.5 }],
  },
];

/** @param seed  To meet the same luck again. */
export const requestOf = (
  { seconds, faults }: Pick<LabPlan, 'seconds' | 'faults'>,
  seed?: number,
): LabRequest => ({ seconds, faults: [...faults], ...(seed !== undefined && { seed }) });

/** The same again: its faults, its length, its luck. */
export function again({ faults, seed, startedAt, endsAt }: Lab): LabRequest {
  const seconds = Math.round((Date.parse(endsAt) - Date.parse(startedAt)) / 1_000);
  return requestOf({ seconds, faults }, seed);
}

/** What it is called here; a plan of somebody's own is named by its faults. */
export function titleOf({ faults }: Pick<Lab, 'faults'>): string {
  const sorted = (value: LabFault) => JSON.stringify(Object.entries(value).sort());
  const same = (a: readonly LabFault[], b: readonly LabFault[]) =>
    a.length === b.length && a.every((fault, i) => sorted(fault) === sorted(b[i] as LabFault));
  const known = LAB_PLANS.find((plan) => same(plan.faults, faults));
  return known?.title ?? [...new Set(faults.map(({ type }) => FAULT_NAMES[type]))].join(', ');
}

const FAULT_NAMES: Record<LabFault['type'], string> = {
  latency: 'latency',
  loss: 'broken requests',
  disconnect: 'disconnects',
  halfOpen: 'half-open line',
  throttle: 'narrow line',
  submitsDown: 'no new orders',
  cancelsDown: 'no cancels',
  staleBook: 'frozen book',
  rejects: 'refused orders',
};

export interface ScoreLine {
  label: string;
  value: string;
  /** Worth a second look. */
  isBad: boolean;
}

export function scoreLines(score: LabScore, currency: string): ScoreLine[] {
  const { requests, requestsLost, answersLost, refused, repeatsSent, duplicatesSent } = score;
  const { outages, blindMs, resyncMs, fillsMissed, exposureWorst, exposureSeconds } = score;
  const line = (label: string, value: string, isBad = false): ScoreLine => ({
    label,
    value,
    isBad,
  });
  const lines = [
    line('Requests', `${requests}`),
    line('Broken on the way there', `${requestsLost}`),
    line('Answers lost', `${answersLost}`),
  ];
  if (refused > 0) lines.push(line('Refused by the lab', `${refused}`));
  lines.push(
    line('Orders repeated, harmless', `${repeatsSent}`),
    line('Orders sent twice', `${duplicatesSent}`, duplicatesSent > 0),
    line('Blind', outages === 0 ? 'never' : `${times(outages)}, ${secondsText(blindMs)}`),
  );
  if (outages === 0) return lines;
  lines.push(
    line(
      'Back in step after',
      resyncMs === null ? 'not yet' : secondsText(resyncMs),
      (resyncMs ?? 0) > SLOW_MS,
    ),
    line('Fills missed while blind', `${fillsMissed}`, fillsMissed > 0),
    line('Held while blind, at most', `${exposureWorst} ${currency}`, Number(exposureWorst) > 0),
    line('Held, times seconds', `${exposureSeconds} ${currency}·s`),
  );
  return lines;
}

/** What a client may take to notice that it can see again. */
const SLOW_MS = 5_000;

/** One sentence for a notice at the end. */
export function endNews({ score }: Pick<Lab, 'score'>): string {
  const { outages, blindMs, duplicatesSent, fillsMissed } = score;
  const parts = [
    outages > 0 && `blind ${times(outages)} for ${secondsText(blindMs)}`,
    fillsMissed > 0 && `${fillsMissed} ${fillsMissed === 1 ? 'fill' : 'fills'} missed meanwhile`,
    duplicatesSent > 0 && `${duplicatesSent} sent twice`,
  ].filter((part) => part !== false);
  return `Network lab over: ${parts.length > 0 ? parts.join(', ') : 'nothing went wrong'}.`;
}

const times = (n: number) => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);
const secondsText = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
