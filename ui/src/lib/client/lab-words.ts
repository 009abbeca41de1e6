/** The network lab in words: what runs, and how it went. */
import type { Lab, LabFault, LabRequest, LabScore } from '@sandpit/schemas/lab.ts';
import { LAB_PLANS, requestOf } from '@sandpit/schemas/lab-plans.ts';
import { money } from './format.ts';

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
  const { cancelsMissed, outages, blindMs, resyncMs, fillsMissed, exposureWorst, exposureSeconds } =
    score;
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
  );
  if (cancelsMissed > 0) {
    lines.push(line('Arrived after a later cancel of all', `${cancelsMissed}`, true));
  }
  lines.push(line('Blind', outages === 0 ? 'never' : `${times(outages)}, ${secondsText(blindMs)}`));
  if (outages === 0) return lines;
  lines.push(
    line(
      'Back in step after',
      resyncMs === null ? 'not yet' : secondsText(resyncMs),
      (resyncMs ?? 0) > SLOW_MS,
    ),
    line('Fills missed while blind', `${fillsMissed}`, fillsMissed > 0),
    line(
      'Held while blind, at most',
      `${money(exposureWorst)} ${currency}`,
      Number(exposureWorst) > 0,
    ),
    line('Held, times seconds', `${money(exposureSeconds)} ${currency}·s`),
  );
  return lines;
}

/** What a client may take to notice that it can see again. */
const SLOW_MS = 5_000;

/** One sentence for a notice at the end. */
export function endNews({ score }: Pick<Lab, 'score'>): string {
  const { outages, blindMs, duplicatesSent, cancelsMissed, fillsMissed } = score;
  const parts = [
    outages > 0 && `blind ${times(outages)} for ${secondsText(blindMs)}`,
    fillsMissed > 0 && `${fillsMissed} ${fillsMissed === 1 ? 'fill' : 'fills'} missed meanwhile`,
    duplicatesSent > 0 && `${duplicatesSent} sent twice`,
    cancelsMissed > 0 && `${cancelsMissed} open that a later cancel of all has missed`,
  ].filter((part) => part !== false);
  return `Network lab over: ${parts.length > 0 ? parts.join(', ') : 'nothing went wrong'}.`;
}

const times = (n: number) => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);
const secondsText = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
