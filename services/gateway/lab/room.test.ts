import type { Lab, LabFault } from '@sandpit/schemas/lab.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Call, json, type Route } from '../route.ts';
import { CLEAR, type Conditions } from './conditions.ts';
import { cross } from './crossing.ts';
import { type LabStream, Room, type RoomEffects, WAITING_MAX } from './room.ts';
import { UnderWay } from './under-way.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class FakeStream implements LabStream {
  readonly simulatorId: string;
  readonly position: number;
  conditions: Conditions = CLEAR;
  cuts = 0;
  frozen = false;
  line = {
    isDead: false,
    set: (conditions: Conditions) => {
      this.conditions = conditions;
    },
    die: () => {
      this.line.isDead = true;
    },
  };
  constructor(simulatorId = 's', position = 5) {
    this.simulatorId = simulatorId;
    this.position = position;
  }
  cut(): void {
    this.cuts += 1;
  }
  freeze(frozen: boolean): void {
    this.frozen = frozen;
  }
}

function open(seconds: number, faults: LabFault[], streams: LabStream[] = [], sinceMs = 0) {
  const startedAtMs = Date.now() - sinceMs;
  const lab = {
    id: 'lab',
    sessionId: 'ses',
    seed: 1,
    faults,
    startedAt: new Date(startedAtMs).toISOString(),
    endsAt: new Date(startedAtMs + seconds * 1_000).toISOString(),
  } as Lab;
  const effects = {
    now: () => performance.now(),
    wallNow: () => Date.now(),
    streams: () => streams,
    onBlind: vi.fn<RoomEffects['onBlind']>(),
    onCounts: vi.fn<RoomEffects['onCounts']>(),
    onEnd: vi.fn<RoomEffects['onEnd']>(),
  };
  return { room: new Room({ lab, accountId: 'a', outages: [] }, effects), ...effects };
}

const route = (operationId: string) => ({ operationId, limit: 'order' }) as Route;
const call = (body: object = {}) =>
  ({ path: { id: 's' }, query: {}, body }) as unknown as Call<never>;
const order = (clientOrderId: string) => ({ clientOrderId, symbol: 'ACME', quantity: '1' });

/** What becomes of one request: the answer, `broken`, or the code of the problem; null = it waits. */
function send(room: Room, operationId = 'getAccount', body = {}, isGone = () => false) {
  const run = vi.fn(async () => json(200, 'done'));
  const result: { is: unknown } = { is: null };
  cross(room, route(operationId), call(body), run, isGone).then(
    (answer) => {
      result.is = answer ? answer.body : 'broken';
    },
    (error: { type: string }) => {
      result.is = error.type;
    },
  );
  return { result, run };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('time', () => {
  test('it ends by itself, once, and leaves nothing behind', async () => {
    const stream = new FakeStream();
    const { room, onEnd } = open(10, [{ type: 'latency', delayMs: 50 }], [stream]);
    expect(stream.conditions.delayMs).toBe(50);
    await pass(9_999);
    expect(room.hasEnded).toBe(false);
    await pass(1);
    expect(room.hasEnded).toBe(true);
    expect(stream.conditions).toBe(CLEAR);
    room.end();
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
  test('a gateway that comes later carries on where it stands', async () => {
    const faults: LabFault[] = [{ type: 'submitsDown', fromSeconds: 5, seconds: 2 }];
    const { room } = open(10, faults, [], 6_000);
    expect(room.conditions.submitsDown).toBe(true);
    await pass(1_000);
    expect(room.conditions.submitsDown).toBe(false);
    await pass(3_000);
    expect(room.hasEnded).toBe(true);
  });
  test('one that is over already never begins', () => {
    const stream = new FakeStream();
    const { room } = open(10, [{ type: 'disconnect', seconds: 10 }], [stream], 10_000);
    expect(room.hasEnded).toBe(true);
    expect(stream.cuts).toBe(0);
  });
});

describe('streams', () => {
  test('a disconnect cuts them, and tells what the client had', async () => {
    const streams = [new FakeStream('s', 5), new FakeStream('s', 7), new FakeStream('t', 3)];
    const { onBlind } = open(60, [{ type: 'disconnect', fromSeconds: 2, seconds: 5 }], streams);
    await pass(1_999);
    expect(streams.map(({ cuts }) => cuts)).toEqual([0, 0, 0]);
    await pass(1);
    expect(streams.map(({ cuts }) => cuts)).toEqual([1, 1, 1]);
    expect(
      onBlind.mock.calls.map(([{ simulatorId, afterSequence }]) => [simulatorId, afterSequence]),
    ).toEqual([
      ['s', 7],
      ['t', 3],
    ]);
  });
  test.each(['both', 'toClient'] as const)(
    'half open (%s): dead, and cut when the lab ends',
    async (direction) => {
      const stream = new FakeStream();
      const { onBlind } = open(
        10,
        [
          { type: 'halfOpen', seconds: 2, direction },
          { type: 'staleBook', fromSeconds: 1 },
        ],
        [stream],
      );
      expect([stream.line.isDead, stream.cuts]).toEqual([true, 0]);
      expect(onBlind).toHaveBeenCalledTimes(1);
      await pass(5_000);
      expect([stream.line.isDead, stream.cuts]).toEqual([true, 0]);
      await pass(5_000);
      expect(stream.cuts).toBe(1);
      expect(onBlind).toHaveBeenCalledTimes(1);
    },
  );
  test('half open to the venue leaves them alone', () => {
    const stream = new FakeStream();
    const { onBlind } = open(
      10,
      [{ type: 'halfOpen', seconds: 2, direction: 'toVenue' }],
      [stream],
    );
    expect([stream.line.isDead, stream.cuts]).toEqual([false, 0]);
    expect(onBlind).not.toHaveBeenCalled();
  });
  test.each`
    fault            | dead     | cuts
    ${'halfOpen'}    | ${true}  | ${0}
    ${'disconnect'}  | ${false} | ${1}
    ${'submitsDown'} | ${false} | ${0}
  `('one that opens meanwhile ($fault)', ({ fault, dead, cuts }) => {
    const { room, onBlind } = open(10, [{ type: fault, seconds: 2 }]);
    const late = new FakeStream();
    room.admit(late);
    expect([late.line.isDead, late.cuts]).toEqual([dead, cuts]);
    expect(onBlind).not.toHaveBeenCalled();
  });
  test('a reader that fell too far behind is blind, unless there is another stream', () => {
    const [slow, other] = [new FakeStream('s', 9), new FakeStream('s', 4)];
    const streams = [other];
    const { room, onBlind } = open(10, [{ type: 'throttle', bytesPerSecond: 4_096 }], streams);
    room.lost(slow);
    expect(onBlind).not.toHaveBeenCalled();
    streams.pop();
    room.lost(slow);
    expect(onBlind.mock.calls.map(([{ afterSequence }]) => afterSequence)).toEqual([9]);
    room.end();
    room.lost(slow);
    expect(onBlind).toHaveBeenCalledTimes(1);
  });
  test('a stale book freezes them and thaws them', async () => {
    const stream = new FakeStream();
    const { room } = open(10, [{ type: 'staleBook', seconds: 2 }], [stream]);
    const late = new FakeStream();
    room.admit(late);
    expect([stream.frozen, late.frozen]).toEqual([true, true]);
    await pass(2_000);
    expect(stream.frozen).toBe(false);
  });
});

describe('requests', () => {
  test('latency in both directions', async () => {
    const { room } = open(60, [{ type: 'latency', delayMs: 100 }]);
    const { result, run } = send(room);
    await pass(99);
    expect(run).not.toHaveBeenCalled();
    await pass(1);
    expect(run).toHaveBeenCalledTimes(1);
    await pass(99);
    expect(result.is).toBe(null);
    await pass(1);
    expect(result.is).toBe('done');
  });
  test.each`
    fault                                                      | is          | runs | counted
    ${{ type: 'disconnect', seconds: 5 }}                      | ${'broken'} | ${0} | ${'requestsLost'}
    ${{ type: 'halfOpen', seconds: 5 }}                        | ${null}     | ${0} | ${'requestsLost'}
    ${{ type: 'halfOpen', seconds: 5, direction: 'toVenue' }}  | ${null}     | ${0} | ${'requestsLost'}
    ${{ type: 'halfOpen', seconds: 5, direction: 'toClient' }} | ${null}     | ${1} | ${'answersLost'}
  `('$fault.type $fault.direction', async ({ fault, is, runs, counted }) => {
    const { room, onCounts } = open(60, [fault]);
    const { result, run } = send(room);
    await pass(4_900);
    expect([result.is, run.mock.calls.length]).toEqual([is, runs]);
    await pass(1_500);
    expect(result.is).toBe('broken');
    await pass(1_000);
    const counts = onCounts.mock.calls.map(([each]) => each);
    expect(counts.reduce((sum, each) => sum + each[counted as 'refused'], 0)).toBe(1);
  });
  test('one that is held is let go when its client has gone, and when the lab ends', async () => {
    const { room } = open(60, [{ type: 'halfOpen', seconds: 60 }]);
    let isGone = false;
    const left = send(room, 'getAccount', {}, () => isGone);
    const stays = send(room);
    isGone = true;
    await pass(300);
    expect([left.result.is, stays.result.is]).toEqual(['broken', null]);
    room.end();
    await pass(0);
    expect(stays.result.is).toBe('broken');
    expect(stays.run).not.toHaveBeenCalled();
  });
  test('the end of the lab lets delayed ones go on at once', async () => {
    const { room } = open(60, [
      { type: 'latency', delayMs: 5_000 },
      { type: 'loss', ratio: 0.9 },
    ]);
    const sent = Array.from({ length: 20 }, () => send(room));
    room.end();
    await pass(0);
    expect(sent.map(({ result }) => result.is)).toEqual(Array(20).fill('done'));
  });
  test('loss breaks some on the way there and some on the way back', async () => {
    const { room, onCounts } = open(60, [{ type: 'loss', ratio: 0.5 }]);
    const sent = Array.from({ length: 200 }, () => send(room));
    await pass(1_500);
    const broken = sent.filter(({ result }) => result.is === 'broken');
    const neverRan = broken.filter(({ run }) => run.mock.calls.length === 0);
    expect(broken.length).toBeGreaterThan(70);
    expect(broken.length).toBeLessThan(130);
    const [counts] = onCounts.mock.calls[0]!;
    expect(counts).toMatchObject({
      requests: 200,
      requestsLost: neverRan.length,
      answersLost: broken.length - neverRan.length,
    });
    expect(neverRan.length).toBeGreaterThan(30);
    expect(broken.length - neverRan.length).toBeGreaterThan(30);
  });
  test('a stream that is lost never opens', async () => {
    const { room } = open(60, [{ type: 'loss', ratio: 0.5 }]);
    const sent = Array.from({ length: 100 }, () => send(room, 'streamSimulator'));
    await pass(1_500);
    const broken = sent.filter(({ result }) => result.is === 'broken');
    expect(broken.length).toBeGreaterThan(30);
    expect(broken.filter(({ run }) => run.mock.calls.length > 0)).toEqual([]);
    room.end();
  });
  test('a narrow line takes answers one after the other, as long as their bytes need', async () => {
    const { room } = open(60, [{ type: 'throttle', bytesPerSecond: 7_000 }]);
    // 700 bytes around it, and 3 of `done` in quotes more than that.
    const [a, b] = [send(room), send(room)];
    await pass(98);
    expect([a.result.is, b.result.is]).toEqual([null, null]);
    expect([a.run, b.run].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    await pass(4);
    expect([a.result.is, b.result.is]).toEqual(['done', null]);
    await pass(101);
    expect(b.result.is).toBe('done');
    // A line that is free again is free at once.
    await pass(5_000);
    const later = send(room);
    await pass(102);
    expect(later.result.is).toBe('done');
  });
  test('of a line that is too full answers are lost, and so are those that nobody waits for', async () => {
    const { room, onCounts } = open(60, [{ type: 'throttle', bytesPerSecond: 4_096 }]);
    const long = 'x'.repeat(100_000);
    const run = async () => json(200, long);
    const answers: (string | null)[] = [];
    const ask = (isGone = () => false) =>
      void cross(room, route('getAccount'), call(), run, isGone).then((answer) => {
        answers.push(answer ? 'got' : 'lost');
      });
    let hasLeft = false;
    ask(() => hasLeft);
    ask();
    await pass(1);
    expect(answers).toEqual(['lost']);
    await pass(10_000);
    hasLeft = true;
    await pass(20_000);
    expect(answers).toEqual(['lost', 'lost']);
    const lost = onCounts.mock.calls.reduce((sum, [counts]) => sum + counts.answersLost, 0);
    expect(lost).toBe(2);
  });
  test('the end of the lab lets answers on a narrow line through', async () => {
    const { room } = open(2, [{ type: 'throttle', bytesPerSecond: 4_096 }]);
    const run = async () => json(200, 'x'.repeat(50_000));
    const done = vi.fn();
    void cross(room, route('getAccount'), call(), run, () => false).then(done);
    await pass(1_999);
    expect(done).not.toHaveBeenCalled();
    await pass(2);
    expect(done).toHaveBeenCalledTimes(1);
    expect(done.mock.calls[0]![0]).not.toBe(null);
  });
  test('only so many wait; one more is broken', async () => {
    const { room } = open(60, [{ type: 'halfOpen', seconds: 60 }]);
    const sent = Array.from({ length: WAITING_MAX + 3 }, () => send(room));
    await pass(10);
    expect(sent.filter(({ result }) => result.is === 'broken')).toHaveLength(3);
    room.end();
  });
});

describe('the venue', () => {
  test.each`
    fault                            | operation            | is
    ${{ type: 'submitsDown' }}       | ${'submitOrder'}     | ${'unavailable'}
    ${{ type: 'submitsDown' }}       | ${'replaceOrder'}    | ${'unavailable'}
    ${{ type: 'submitsDown' }}       | ${'closePosition'}   | ${'unavailable'}
    ${{ type: 'submitsDown' }}       | ${'cancelOrder'}     | ${'done'}
    ${{ type: 'submitsDown' }}       | ${'previewOrder'}    | ${'done'}
    ${{ type: 'cancelsDown' }}       | ${'cancelOrder'}     | ${'unavailable'}
    ${{ type: 'cancelsDown' }}       | ${'cancelAllOrders'} | ${'unavailable'}
    ${{ type: 'cancelsDown' }}       | ${'submitOrder'}     | ${'done'}
    ${{ type: 'cancelsDown' }}       | ${'setKillSwitch'}   | ${'done'}
    ${{ type: 'rejects', ratio: 1 }} | ${'submitOrder'}     | ${'labRejected'}
    ${{ type: 'rejects', ratio: 1 }} | ${'cancelOrder'}     | ${'done'}
    ${{ type: 'rejects', ratio: 1 }} | ${'setKillSwitch'}   | ${'done'}
  `('$fault.type: $operation', async ({ fault, operation, is }) => {
    const { room } = open(60, [fault]);
    const { result, run } = send(room, operation, order('a'));
    await pass(0);
    expect(result.is).toBe(is);
    expect(run).toHaveBeenCalledTimes(is === 'done' ? 1 : 0);
  });
  test('a book that stands still answers as it did first, and moves again afterwards', async () => {
    const { room } = open(60, [{ type: 'staleBook', fromSeconds: 1, seconds: 5 }]);
    let price = 100;
    const ask = async () => {
      const run = async () => json(200, price++);
      return (await cross(room, route('getQuote'), call(), run, () => false))?.body;
    };
    expect([await ask(), await ask()]).toEqual([100, 101]);
    await pass(1_000);
    expect([await ask(), await ask(), await ask()]).toEqual([102, 102, 102]);
    await pass(5_000);
    expect(await ask()).toBe(103);
  });
  test('an order that arrives after a later cancel of all is counted, and no other', async () => {
    // Drawn from its seed, each request takes its own time.
    const { room, onCounts } = open(200, [{ type: 'latency', delayMs: 0, jitterMs: 3_000 }]);
    let [earlier, expected] = [0, 0];
    const arrivals: string[] = [];
    const note = (what: string) => async () => {
      arrivals.push(what);
      return json(200, {});
    };
    for (let i = 0; i < 20; i++) {
      const name = `o${i}`;
      void cross(room, route('submitOrder'), call(order(name)), note(name), () => false);
      void cross(room, route('cancelAllOrders'), call(), note(`c${i}`), () => false);
      void cross(
        room,
        route('submitOrder'),
        call(order(`late-${i}`)),
        note(`late-${i}`),
        () => false,
      );
      await pass(6_500);
      const [o, c] = [arrivals.indexOf(name), arrivals.indexOf(`c${i}`)];
      if (o < c) earlier += 1;
      else expected += 1;
    }
    await pass(2_000);
    const missed = onCounts.mock.calls.reduce((sum, [counts]) => sum + counts.cancelsMissed, 0);
    expect(missed).toBe(expected);
    expect(Math.min(earlier, expected)).toBeGreaterThan(2);
  });
  test('a cancel of one side or instrument misses only what it meant', async () => {
    const underWay = new UnderWay();
    const arrived = ['buy', 'sell'].map((side) =>
      underWay.send([{ venue: 'v', symbol: 'ACME', side }]),
    );
    underWay.cancelAll('v', { side: 'sell' })();
    underWay.cancelAll('w', {})();
    underWay.cancelAll('v', { symbol: 'LUMA' })();
    expect(arrived.map((each) => each())).toEqual([0, 1]);
  });
  test('orders sent twice are counted by what the client could know', async () => {
    const { room, onCounts } = open(60, [{ type: 'halfOpen', seconds: 1, direction: 'toClient' }]);
    send(room, 'submitOrder', order('a'));
    await pass(2_000);
    for (const id of ['a', 'b', 'c']) send(room, 'submitOrder', order(id));
    await pass(2_000);
    const total = (what: 'repeatsSent' | 'duplicatesSent') =>
      onCounts.mock.calls.reduce((sum, [counts]) => sum + counts[what], 0);
    expect([total('repeatsSent'), total('duplicatesSent')]).toEqual([1, 2]);
  });
});
