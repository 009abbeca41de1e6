/** Network labs worth trying, by name: the same in the app and on the operator's console. */
import type { LabFault, LabRequest } from './lab.ts';

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
