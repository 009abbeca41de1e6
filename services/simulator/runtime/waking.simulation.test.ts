/** Who may wake, who is not woken, and what is in force before the first order of one that wakes. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import { expect, test } from 'vitest';
import { listed } from '../simulation/awake-law.ts';
import { ADA, Desk } from '../simulation/desk.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import { OPERATOR_TOKEN_OF } from '../simulation/world.ts';
import type { Admission, Admitted } from './admission.ts';

const IDLE_MS = 30_000;
const limits = { idleMs: IDLE_MS, unattendedMs: IDLE_MS };
const AFTER_IDLE_MS = IDLE_MS + 10_000;
const FULL = 'You run 3 simulators and may run 3. Stop one, or put one away, first.';
const YES: Admitted = { refusal: null, switches: [] };
const NO: Admitted = { refusal: FULL, switches: [] };
const STOP: StandingSwitch = {
  scope: 'account',
  by: 'trader',
  engaged: true,
  reason: 'enough',
  cancelOpenOrders: true,
};

/** A desk whose simulator sleeps; `answer` is what its admission says. */
async function asleep(answer: { now: Admitted }, admission?: Admission) {
  const asked: number[] = [];
  const desk = await new Desk({
    limits,
    admission: async (address, n) => {
      asked.push(n);
      return admission ? admission(address, n) : answer.now;
    },
  }).open(ADA);
  await desk.world.run(AFTER_IDLE_MS);
  expect(desk.status(ADA)).toBeUndefined();
  const ask = () =>
    inVirtualTime(desk.world, () =>
      desk.world.alive[0]!.worker.ask(ADA, ({ venue }) => venue.clock?.state),
    );
  const send = (body: CommandBody, token?: string) => {
    const command = { ...desk.workload.next(ADA, desk.world.nowMs), body };
    void desk.world.send(command, token);
    return command;
  };
  const reasonOf = (commandId: string) => {
    const events = desk.recordOf(ADA, commandId)?.events ?? [];
    return events.map((event) => ('reason' in event ? event.reason : event.type));
  };
  return { desk, asked, ask, send, reasonOf };
}

const engage = (engaged = true): CommandBody => ({ type: 'killSwitch', ...STOP, engaged });

test('one that may not wake answers no question, and leaves no trace', async () => {
  const answer = { now: NO };
  const { desk, ask, asked } = await asleep(answer);
  const { length, [length - 1]: last } = desk.records(ADA);
  await expect(ask()).rejects.toMatchObject({ name: 'NotAdmittedError', message: FULL });
  expect(asked).toEqual([last!.n]);
  expect(desk.records(ADA)).toHaveLength(length);
  expect(desk.status(ADA)).toBeUndefined();
  answer.now = YES;
  expect(await ask()).toBe('running');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('its orders are refused in its log while it sleeps on; what reduces risk passes', async () => {
  const answer = { now: NO };
  const { desk, ask, send, reasonOf } = await asleep(answer);
  const { simNs } = desk.records(ADA).at(-1)!;
  const order = await desk.order(ADA, 'late');
  const cancel = send({ type: 'cancelOrder', orderId: '99' });
  const speed = send({ type: 'speed', speed: 2 });
  await desk.world.run(500);
  expect(reasonOf(order.commandId)).toEqual(['quotaExceeded']);
  expect(reasonOf(cancel.commandId)).toEqual(['unknownOrder']);
  expect(reasonOf(speed.commandId)).toEqual(['quotaExceeded']);
  // A question is asked about anew, also while orders are being refused.
  await expect(ask()).rejects.toMatchObject({ message: FULL });
  await desk.world.run(10_000);
  expect(desk.status(ADA)).toBeUndefined();
  expect(listed(desk.world, ADA.simulatorId)).toBe(false);
  expect(desk.records(ADA).at(-1)).toMatchObject({ hibernation: 'begins', simNs });
  answer.now = YES;
  const next = await desk.order(ADA, 'on-time');
  expect(reasonOf(next.commandId)).not.toContain('quotaExceeded');
  expect(desk.records(ADA).find(({ hibernation }) => hibernation === 'ends')?.simNs).toBe(simNs);
  // A repeat gets the answer that it got then.
  expect(desk.recordOf(ADA, order.commandId)?.commands).toHaveLength(1);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('one that keeps sending orders is asked about again with each, and wakes with the first that may', async () => {
  const answer = { now: NO };
  const { desk, reasonOf } = await asleep(answer);
  for (let i = 0; i < 5; i++) await desk.order(ADA, `early-${i}`, 1_000);
  answer.now = YES;
  const next = await desk.order(ADA, 'next', 1_000);
  expect(reasonOf(next.commandId)).not.toContain('quotaExceeded');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a stream that is open keeps one awake, and does not wake what was put away by hand', async () => {
  const desk = await new Desk({ limits }).open(ADA);
  const { worker } = desk.world.alive[0]!;
  const attend = () => inVirtualTime(desk.world, () => worker.attend(ADA));
  for (let i = 0; i < 4; i++) {
    await desk.world.run(IDLE_MS / 2);
    expect(await attend()).toBe(true);
  }
  await inVirtualTime(desk.world, () => worker.hibernate(ADA));
  const { length } = desk.records(ADA);
  for (let i = 0; i < 4; i++) {
    expect(await attend()).toBe(false);
    await desk.world.run(IDLE_MS / 2);
  }
  expect(desk.records(ADA)).toHaveLength(length);
  expect(await inVirtualTime(desk.world, () => worker.attend({ ...ADA, accountId: 'eve' }))).toBe(
    false,
  );
});

test('it can be ended without waking', async () => {
  const { desk, send } = await asleep({ now: NO });
  send({ type: 'stop' });
  await desk.world.run(1_000);
  const last = desk.records(ADA).at(-1)!;
  expect(last.events).toMatchObject([{ type: 'clockChanged', clock: { state: 'stopped' } }]);
  expect(listed(desk.world, ADA.simulatorId)).toBe(false);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('while nobody can tell whether it may, it neither wakes nor says no', async () => {
  let isAway = true;
  const { desk, reasonOf } = await asleep({ now: YES }, async () => {
    if (isAway) throw new Error('away');
    return YES;
  });
  const { length } = desk.records(ADA);
  const order = await desk.order(ADA, 'waits', 3_000);
  expect(desk.records(ADA)).toHaveLength(length);
  isAway = false;
  await desk.world.run(6_000);
  expect(reasonOf(order.commandId)).not.toContain('quotaExceeded');
  expect(desk.recordOf(ADA, order.commandId)).toBeDefined();
});

test('switches that were set while it slept are on before the order that wakes it', async () => {
  const answer = { now: { refusal: null, switches: [STOP] } };
  const { desk, reasonOf } = await asleep(answer);
  const order = await desk.order(ADA, 'wakes');
  const woken = desk.records(ADA).find(({ hibernation }) => hibernation === 'ends')!;
  expect(woken).toMatchObject({
    switches: [STOP],
    events: [
      { type: 'clockChanged' },
      { type: 'riskChanged', causeId: null, risk: { killSwitches: [{ reason: 'enough' }] } },
    ],
  });
  expect(woken.n).toBeLessThan(desk.recordOf(ADA, order.commandId)!.n);
  expect(reasonOf(order.commandId)).toEqual(['killSwitchEngaged']);
  // Nothing new the next time, and off once it was lifted meanwhile.
  await desk.world.run(AFTER_IDLE_MS);
  await desk.order(ADA, 'again');
  expect(
    desk.records(ADA).findLast(({ hibernation }) => hibernation === 'ends'),
  ).not.toHaveProperty('switches');
  await desk.world.run(AFTER_IDLE_MS);
  answer.now = { refusal: null, switches: [{ ...STOP, engaged: false }] };
  const free = await desk.order(ADA, 'free');
  expect(reasonOf(free.commandId)).not.toContain('killSwitchEngaged');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a switch of its account wakes nobody; it comes before the order that does', async () => {
  const { desk, send, reasonOf } = await asleep({ now: YES });
  const { length } = desk.records(ADA);
  const set = send(engage(), OPERATOR_TOKEN_OF('ada'));
  await desk.world.run(60_000);
  expect(desk.records(ADA)).toHaveLength(length);
  expect(desk.status(ADA)).toBeUndefined();
  // A new worker does not wake it for that either.
  desk.world.kill(desk.world.alive[0]!);
  await desk.world.spawn();
  await desk.world.run(10_000);
  expect(desk.records(ADA)).toHaveLength(length);
  const order = await desk.order(ADA, 'wakes', 1_000);
  expect(reasonOf(set.commandId)).toEqual(['riskChanged']);
  expect(reasonOf(order.commandId)).toEqual(['killSwitchEngaged']);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a switch of this simulator alone wakes it', async () => {
  const { desk, send, reasonOf } = await asleep({ now: YES });
  const set = send({ type: 'killSwitch', ...STOP, scope: 'simulator' });
  await desk.world.run(1_000);
  expect(reasonOf(set.commandId)).toEqual(['riskChanged']);
});

test.each([5, 20, 60, 200, 600])(
  'a switch that is set %i ms after the order that wakes it: no later order passes',
  async (afterMs) => {
    const answer = { now: YES };
    const { desk, send, reasonOf } = await asleep(answer, async () => {
      // As it stood when it was read; the command comes because it was marked as waking before.
      const { now } = answer;
      await new Promise<void>((resolve) => desk.world.scheduler.after(100, resolve));
      return now;
    });
    void desk.order(ADA, 'wakes', 0);
    await desk.world.run(afterMs);
    answer.now = { refusal: null, switches: [STOP] };
    const set = send(engage(), OPERATOR_TOKEN_OF('ada'));
    await desk.world.run(5);
    const late = await desk.order(ADA, 'late', 3_000);
    expect(reasonOf(set.commandId)).toEqual(['riskChanged']);
    expect(reasonOf(late.commandId)).toEqual(['killSwitchEngaged']);
    expect(await desk.breaches(ADA)).toEqual([]);
  },
);

test('a worker that dies between taking it over and waking it leaves nothing undone', async () => {
  let deaths = 0;
  const answer = { now: { refusal: null, switches: [STOP] } };
  const desk = await new Desk({
    limits,
    admission: async () => answer.now,
    diesAt: (point) => point === 'ownerAppended' && ++deaths === 2,
  }).open(ADA);
  await desk.world.run(AFTER_IDLE_MS);
  const order = await desk.order(ADA, 'wakes', 100);
  expect(desk.world.alive).toEqual([]);
  await desk.world.spawn();
  await desk.world.run(4_000);
  const [refused] = desk.recordOf(ADA, order.commandId)!.events;
  expect(refused).toMatchObject({ type: 'orderRejected', reason: 'killSwitchEngaged' });
  expect(await desk.breaches(ADA)).toEqual([]);
});
