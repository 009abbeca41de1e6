import type { LabFault } from '@sandpit/schemas/lab.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LabRecord } from '../../platform/labs.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import type { Conditions } from './conditions.ts';
import { GatewayLabs, type WatchingStream } from './labs.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  labs.stop();
  vi.useRealTimers();
});

const venue = { simulatorId: 's', accountId: 'a', sessionId: 'ses', instruments: new Map() };
let labs: GatewayLabs;
/** What `sessions` knows, and what it was told. */
let open: LabRecord[] = [];
let told: { action: string; params: Record<string, unknown> }[] = [];

function gateway(): GatewayLabs {
  open = [];
  told = [];
  labs = new GatewayLabs({
    logger: { warn: () => {} },
    bus: { read: async function* () {} },
    broadcast: async (action: string, params: Record<string, unknown>) => {
      told.push({ action, params });
    },
    async call(action: string, params: Record<string, unknown>) {
      if (action === 'sessions.openLabs') return { items: structuredClone(open) };
      told.push({ action, params });
      return null;
    },
  } as never);
  return labs;
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString();
const score = { isBlind: false, blindMs: 0 };
function record(id: string, change: Partial<LabRecord['lab']> = {}): LabRecord {
  const faults: LabFault[] = [{ type: 'disconnect', fromSeconds: 5, seconds: 5 }];
  const lab = { id, sessionId: 'ses', state: 'running', seed: 1, faults, score };
  const times = { startedAt: at(0), endsAt: at(60_000), endedAt: null };
  return { accountId: 'a', outages: [], lab: { ...lab, ...times, ...change } as LabRecord['lab'] };
}
const endOf = (running: LabRecord): LabRecord => ({
  ...running,
  lab: { ...running.lab, state: 'ended', endedAt: at(0), endedBy: 'trader' },
});

function watch(): WatchingStream & { news: string[]; cuts: number; leave(slow?: boolean): void } {
  let leave: (wasTooSlow: boolean) => void = () => {};
  const line = { isDead: false, set: (_: Conditions) => {}, die: () => {} };
  const stream = {
    simulatorId: 's',
    line,
    position: 7,
    news: [] as string[],
    cuts: 0,
    cut: () => {
      stream.cuts += 1;
      // A connection closes after the call that cuts it.
      queueMicrotask(() => leave(false));
    },
    freeze: () => {},
    tell: ({ lab }: LabRecord) => stream.news.push(`${lab.id} ${lab.state}`),
    leave: (slow = false) => leave(slow),
  };
  leave = labs.enter('ses', stream);
  return stream;
}
const sync = (stream: WatchingStream, given: number | null = null) =>
  labs.synced(venue as unknown as VenueInfo, stream, given);
const actions = () => told.map(({ action }) => action);
const running = () => labs.roomOf('ses', 'a')?.labId ?? null;

describe('news', () => {
  test('a lab begins, and ends, once each, however often it is said', () => {
    gateway();
    const stream = watch();
    const one = record('one');
    for (const news of [one, one, endOf(one), endOf(one), one]) labs.take(structuredClone(news));
    expect(running()).toBe(null);
    expect(stream.news).toEqual(['one running', 'one ended']);
  });
  test('a newer one takes the place; what is late of the older changes nothing', () => {
    gateway();
    const one = record('one');
    labs.take(one);
    const two = record('two', { startedAt: at(1_000), endsAt: at(61_000) });
    labs.take(two);
    labs.take(endOf(one));
    expect(running()).toBe('two');
  });
  test('it is nobody else’s', () => {
    gateway();
    labs.take(record('one'));
    expect(labs.roomOf('ses', 'b')).toBe(null);
    expect(labs.roomOf('other', 'a')).toBe(null);
  });
  test('counting requests is none, the end of blindness is', () => {
    gateway();
    const stream = watch();
    const one = record('one');
    labs.take(one);
    labs.take(record('one', { ...one.lab, score: { ...score, requests: 9 } as never }));
    labs.take(record('one', { ...one.lab, score: { ...score, isBlind: true } as never }));
    expect(stream.news).toEqual(['one running', 'one running']);
  });
});

test('one that cannot be written down as ended ends here and everywhere, and stays so', async () => {
  gateway().start();
  const one = record('one');
  open = [one];
  labs.take(one);
  expect(labs.abandon('ses', 'b')).toBe(null);
  expect(labs.abandon('other', 'a')).toBe(null);
  expect(labs.abandon('ses', 'a')).toMatchObject({ state: 'ended', endedBy: 'trader' });
  expect(told).toMatchObject([
    { action: 'sessions.labChanged', params: { lab: { id: 'one', state: 'ended' } } },
  ]);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(running()).toBe(null);
  expect(labs.abandon('ses', 'a')).toMatchObject({ state: 'ended' });
});

describe('the list', () => {
  test('brings what no announcement brought, and ends what nobody runs any more', async () => {
    gateway().start();
    open = [record('one')];
    await vi.advanceTimersByTimeAsync(2_000);
    expect(running()).toBe('one');
    open = [];
    await vi.advanceTimersByTimeAsync(2_000);
    expect(running()).toBe(null);
  });
  test('is not needed for the end', async () => {
    gateway();
    labs.take(record('one', { endsAt: at(3_000) }));
    expect(labs.isIdle).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(labs.isIdle).toBe(true);
  });
  test('a stop ends what is at work, and nothing begins after it', () => {
    gateway();
    labs.take(record('one'));
    labs.stop();
    expect(labs.isIdle).toBe(true);
    labs.take(record('two', { startedAt: at(1_000) }));
    expect(labs.isIdle).toBe(true);
  });
});

describe('blindness', () => {
  test('begins with the cut and ends when a stream is in step, measured from what its client had', async () => {
    gateway();
    const stream = watch();
    await sync(stream);
    labs.take(record('one'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stream.cuts).toBe(1);
    expect(told.at(-1)).toMatchObject({
      action: 'sessions.beginOutage',
      params: { labId: 'one', simulatorId: 's', afterSequence: 7 },
    });
    await vi.advanceTimersByTimeAsync(6_500);
    const back = watch();
    await sync(back, 6);
    await vi.advanceTimersByTimeAsync(0);
    const { action, params } = told.at(-1)!;
    expect(action).toBe('sessions.endOutage');
    expect(params).toMatchObject({ labId: 'one', simulatorId: 's' });
    // The line was good again 5 s after the cut, and the client came 1.5 s later.
    expect(params.resyncMs).toBe(1_500);
    await sync(back, 6);
    expect(actions().filter((each) => each === 'sessions.endOutage')).toHaveLength(1);
  });
  test('one that is dead, or comes while the line is cut, sees nothing', async () => {
    gateway();
    await sync(watch());
    labs.take(record('one'));
    await vi.advanceTimersByTimeAsync(5_000);
    const late = watch();
    await sync(late);
    expect(late.cuts).toBe(1);
    await vi.advanceTimersByTimeAsync(6_000);
    const dead = watch();
    dead.line.die();
    Object.assign(dead.line, { isDead: true });
    await sync(dead);
    expect(actions()).not.toContain('sessions.endOutage');
  });
  test('a gateway that hears of it after the client has come back ends it, too', async () => {
    gateway();
    const stream = watch();
    await sync(stream, 4);
    const elsewhere = record('one', { faults: [{ type: 'staleBook' }] });
    const outages = [{ simulatorId: 's', beganAtMs: Date.now() - 3_000, afterSequence: 4 }];
    labs.take({ ...elsewhere, outages });
    await vi.advanceTimersByTimeAsync(0);
    expect(actions()).toContain('sessions.endOutage');
  });
  test('of a moment ago it is not believed: the cut may still be on its way here', async () => {
    gateway();
    await sync(watch(), 4);
    const outages = [{ simulatorId: 's', beganAtMs: Date.now() - 100, afterSequence: 4 }];
    labs.take({ ...record('one', { faults: [{ type: 'staleBook' }] }), outages });
    await vi.advanceTimersByTimeAsync(0);
    expect(actions()).not.toContain('sessions.endOutage');
  });
  test('a list that was written before it began does not make it forgotten', async () => {
    gateway();
    await sync(watch());
    const one = record('one');
    labs.take(one);
    await vi.advanceTimersByTimeAsync(5_000);
    labs.take({ ...structuredClone(one), outages: [] });
    await vi.advanceTimersByTimeAsync(6_000);
    await sync(watch(), 7);
    await vi.advanceTimersByTimeAsync(0);
    expect(actions()).toContain('sessions.endOutage');
  });
  test('a reader that fell behind is blind', () => {
    gateway();
    const stream = watch();
    labs.take(record('one', { faults: [{ type: 'throttle', bytesPerSecond: 4_096 }] }));
    stream.leave(true);
    expect(actions()).toEqual(['sessions.beginOutage']);
  });
});
