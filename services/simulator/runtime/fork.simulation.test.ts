import { MemoryBus } from '@sandpit/bus/memory-bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { testScenario } from '../market/testing/scenario.ts';
import { audit } from '../simulation/auditor.ts';
import { ADA, Desk } from '../simulation/desk.ts';
import { Gate, virtualHost } from '../simulation/process.ts';
import { auditReplay, inVirtualTime } from '../simulation/replay-law.ts';
import { SYMBOL } from '../venue/testing/commands.ts';
import { type ForkPlace, forkLog } from './fork.ts';
import { realVenues } from './real-venues.ts';
import { ScenarioShelf } from './scenario-shelf.ts';

const scenario = { ...testScenario(), warmUpSeconds: 5 };
const HASH = 'a'.repeat(64);
const venues = () => realVenues(new ScenarioShelf(() => Promise.resolve(scenario)));

/** A simulator that has traded for a minute, and forks of it. */
class Forks extends Desk {
  #count = 0;

  async send(body: CommandBody, waitMs = 2_000) {
    const { nowMs } = this.world;
    const command = { ...this.workload.next(ADA, nowMs), commandId: `own-${++this.#count}`, body };
    void this.world.send(command);
    await this.world.run(waitMs);
  }

  buy(clientOrderId: string, quantityLots: number) {
    const market = { side: 'buy', type: 'market', limitTicks: null, timeInForce: 'ioc' };
    const ticket = { clientOrderId, symbol: SYMBOL, quantityLots, postOnly: false, ...market };
    return this.send({ type: 'newOrder', ticket } as CommandBody);
  }

  async fork(name: string, place: Partial<ForkPlace>, breaksOffAt = Infinity) {
    const child = { accountId: 'ada', simulatorId: name };
    const { world } = this;
    const bus = new MemoryBus(world.server, { name });
    const host = virtualHost(world.scheduler, new Gate(), () => 0.5);
    const dependencies = { bus, host, venues: venues(), workerId: 'w', reach: () => {} };
    const whole = { atSequence: null, beforeOrder: null, ...place };
    const mayContinue = () => {
      if (this.records(child).length >= breaksOffAt) throw new Error('The worker is gone.');
    };
    const shared = await inVirtualTime(world, () =>
      forkLog(dependencies, ADA, child, HASH, whole, mayContinue),
    );
    return { child, shared, records: this.records(child) };
  }

  sequences(): { sequence: number; record: EventRecord }[] {
    const messages = this.world.server.stream('EVENTS').from(subjects.event(ADA), 1);
    return messages.map(({ sequence, body }) => ({ sequence, record: body as EventRecord }));
  }
}

async function started(): Promise<Forks> {
  const opened = new Forks({ venues });
  const { world, workload } = opened;
  await world.spawn();
  await world.run(1_500);
  const start = workload.start(ADA, world.nowMs);
  void world.send({ ...start, body: { ...start.body, scenarioHash: HASH } as CommandBody });
  await world.run(3_000);
  return opened;
}

let desk: Forks;
beforeAll(async () => {
  desk = await started();
  await desk.buy('one', 100);
  await desk.buy('two', 5_000);
  await desk.buy('three', 200);
});

const own = (records: EventRecord[]) =>
  records.flatMap(({ events }) =>
    events.flatMap((event) => (event.type === 'orderAccepted' ? event.order.clientOrderId : [])),
  );

describe('a fork', () => {
  test('of the newest place has every record, and its clock stands', async () => {
    const { records, shared } = await desk.fork('whole', {});
    const parent = desk.records(ADA);
    expect(shared).toBe(parent.length);
    expect(records).toHaveLength(shared + 2);
    expect(records.slice(0, -2).map(({ stateHash }) => stateHash)).toEqual(
      parent.map(({ stateHash }) => stateHash),
    );
    expect(own(records)).toEqual(['one', 'two', 'three']);
    expect(records.at(-1)).toMatchObject({
      pacedTo: 1e-6,
      simNs: parent.at(-1)!.simNs,
      events: [{ type: 'clockChanged', clock: { state: 'running', lagging: { realSpeed: 1e-6 } } }],
    });
  });

  test('at a record has what came until then', async () => {
    const at = desk.sequences().find(({ record }) => own([record]).includes('two'))!;
    const { records } = await desk.fork('at-two', { atSequence: at.sequence });
    expect(own(records)).toEqual(['one', 'two']);
    expect(records.at(-3)!.stateHash).toBe(at.record.stateHash);
  });

  test('before an order stands at the nanosecond at which it came', async () => {
    const at = desk.sequences().find(({ record }) => own([record]).includes('two'))!;
    const { records } = await desk.fork('before-two', { beforeOrder: '2' });
    expect(own(records)).toEqual(['one']);
    expect(records.at(-1)!.simNs).toBe(at.record.simNs);
  });

  test('obeys every law, and goes its own way from there', async () => {
    const { child } = await desk.fork('own-way', { beforeOrder: '2' });
    const { worker } = desk.world.alive[0]!;
    const before = await inVirtualTime(desk.world, () => worker.ask(child, (r) => r.venue.nowNs));
    await desk.world.run(5_000);
    const after = await inVirtualTime(desk.world, () => worker.ask(child, (r) => r.venue.nowNs));
    // Five seconds of a clock that as good as stands.
    expect(after! - before!).toBeLessThan(10_000);
    const command = { ...desk.workload.next(child, desk.world.nowMs), commandId: 'go' };
    void desk.world.send({ ...command, body: { type: 'resume' } });
    await desk.world.run(5_000);
    const later = await inVirtualTime(desk.world, () => worker.ask(child, (r) => r.venue.nowNs));
    expect(later! - after!).toBeGreaterThan(4e9);
    expect(desk.recordOf(child, 'go')?.events[0]).toMatchObject({ clock: { state: 'running' } });
    expect(own(desk.records(ADA))).toEqual(['one', 'two', 'three']);
    const breaches = await auditReplay(desk.world, child, HASH, venues());
    const laws = audit(await desk.world.collect(child)).filter(
      ({ detail }) => !/never stored/.test(detail),
    );
    expect([...breaches, ...laws.filter(({ law }) => law !== 'I1' && law !== 'I2')]).toEqual([]);
  });

  test.each([
    [{ beforeOrder: '99' }, 'There is no order 99'],
    [{ atSequence: 0 }, 'had not started'],
  ])('%j is refused', async (place, message) => {
    await expect(desk.fork(`no-${message.length}`, place)).rejects.toThrow(message);
  });

  test('into a log that somebody writes is refused', async () => {
    await desk.fork('taken', { atSequence: null });
    await expect(desk.fork('taken', {})).rejects.toThrow('Somebody else writes');
  });

  test('that breaks off is run by nobody, whoever comes next', async () => {
    const place = { beforeOrder: '2' };
    const { shared } = await desk.fork('complete', place);
    const children = [2, shared, shared + 1].map((length) => ({
      accountId: 'ada',
      simulatorId: `broken-${length}`,
      length,
    }));
    for (const { simulatorId, length } of children) {
      await expect(desk.fork(simulatorId, place, length)).rejects.toThrow('The worker is gone.');
    }
    // A fork that is whole gets a command at once, which puts it on the list.
    const complete = { accountId: 'ada', simulatorId: 'complete' };
    const [first] = desk.world.alive;
    await inVirtualTime(desk.world, () => first!.worker.ask(complete, () => 1));
    desk.world.kill(first!);
    const { worker } = await desk.world.spawn();
    await desk.world.run(60_000);
    expect(desk.status(complete)).toMatchObject({
      state: 'live',
    });
    for (const child of children) {
      expect(await inVirtualTime(desk.world, () => worker.ask(child, () => 'runs'))).toBe(null);
      // Neither a command brings it to life.
      const command = { ...desk.workload.next(child, desk.world.nowMs), body: { type: 'resume' } };
      void desk.world.send(command as never);
      await desk.world.run(10_000);
      expect(desk.status(child)).toBeUndefined();
      expect(desk.records(child)).toHaveLength(child.length);
    }
  });
});

test('a saved state is started again exactly where it was saved, between two records', async () => {
  const house = await started();
  const stand = (of = ADA) =>
    inVirtualTime(house.world, () =>
      house.world.alive[0]!.worker.ask(of, ({ venue, head }) => ({
        n: head.n,
        simNs: venue.nowNs as number,
        tape: venue.tapeHash(),
        book: venue.book(SYMBOL, 10),
        account: venue.account(),
      })),
    );
  await house.buy('one', 100);
  await house.world.run(1_234);
  const saved = (await stand())!;
  expect(saved.simNs).toBeGreaterThan(house.records(ADA).at(-1)!.simNs);
  await house.buy('two', 5_000);
  await house.send({ type: 'stop' });
  const upTo = { n: saved.n, simNs: saved.simNs };
  const { child, records } = await house.fork('again', { upTo });
  expect(own(records)).toEqual(['one']);
  expect(records.at(-1)!.simNs).toBe(saved.simNs);
  const again = (await stand(child))!;
  // As good as standing: some nanoseconds for each real second.
  expect(again.simNs - saved.simNs).toBeLessThan(10_000);
  expect(again.tape).toBe(saved.tape);
  expect(again.account).toEqual(saved.account);
  expect(again.book?.bids).toEqual(saved.book?.bids);
  expect(again.book?.asks).toEqual(saved.book?.asks);
});
