import { BusError } from '@sandpit/bus/bus.ts';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Gate, OrderListRequest } from '@sandpit/schemas/http.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import { describe, expect, test, vi } from 'vitest';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import type { Expectation, Outcome } from '../platform/outcomes.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { controlCommandId } from './command.ts';
import { type DeskSources, OrderDesk } from './desk.ts';
import { gateRefusal } from './gate.ts';
import { GateCache } from './gate-cache.ts';
import { Intake, type PublishCommand, type Submitted } from './intake.ts';
import { acme, limit } from './testing/tickets.ts';

const ticket = (side: 'buy' | 'sell', lots: number) =>
  ({ side, quantityLots: lots }) as unknown as OrderTicket;

test.each`
  state           | side      | lots  | held   | passes
  ${'healthy'}    | ${'buy'}  | ${10} | ${0}   | ${true}
  ${'degraded'}   | ${'buy'}  | ${10} | ${0}   | ${true}
  ${'reduceOnly'} | ${'buy'}  | ${10} | ${0}   | ${false}
  ${'reduceOnly'} | ${'sell'} | ${10} | ${10}  | ${true}
  ${'reduceOnly'} | ${'sell'} | ${11} | ${10}  | ${false}
  ${'reduceOnly'} | ${'buy'}  | ${5}  | ${-10} | ${true}
  ${'reduceOnly'} | ${'buy'}  | ${5}  | ${10}  | ${false}
  ${'closed'}     | ${'sell'} | ${10} | ${10}  | ${false}
`(
  '$state: $side $lots when holding $held passes: $passes',
  ({ state, side, lots, held, passes }) => {
    const refusal = gateRefusal({ state, reasons: ['why'] }, ticket(side, lots), held);
    expect(refusal === null).toBe(passes);
    if (refusal) expect(refusal).toContain('why');
  },
);

test('the same idempotency key is the same command, another target or none is another', () => {
  expect(controlCommandId('c', 's/1', 'k')).toBe(controlCommandId('c', 's/1', 'k'));
  expect(controlCommandId('c', 's/1', 'k')).not.toBe(controlCommandId('c', 's/2', 'k'));
  expect(controlCommandId('c', 's/1', 'k')).not.toBe(controlCommandId('r', 's/1', 'k'));
  expect(controlCommandId('c', 's/1')).not.toBe(controlCommandId('c', 's/1'));
  expect(controlCommandId('c', 's/1', 'x'.repeat(64))).toMatch(/^[A-Za-z0-9_-]{1,48}$/);
});

describe('the gate between two questions', () => {
  function asked(states: readonly Gate['state'][]) {
    let nowMs = 0;
    let questions = 0;
    const cache = new GateCache(() => nowMs);
    const ask = async (): Promise<Gate> => ({ state: states[questions++]!, reasons: [] });
    return {
      questions: () => questions,
      async at(ms: number) {
        nowMs = ms;
        const { state } = await cache.get('s', ask);
        // What was asked beside it has its answer by then.
        await new Promise(setImmediate);
        return state;
      },
    };
  }

  test('an open one is believed for a moment, a restricted one never', async () => {
    const gate = asked(['healthy', 'closed', 'healthy']);
    const seen = [await gate.at(0), await gate.at(49), await gate.at(200), await gate.at(201)];
    expect(seen).toEqual(['healthy', 'healthy', 'closed', 'healthy']);
    expect(gate.questions()).toBe(3);
  });

  test('a steady trader is answered at once, and hears of a closed gate with the next order', async () => {
    const gate = asked(['healthy', 'healthy', 'closed', 'closed', 'closed']);
    const seen = [];
    for (const ms of [0, 100, 150, 200, 250]) seen.push(await gate.at(ms));
    expect(seen).toEqual(['healthy', 'healthy', 'healthy', 'closed', 'closed']);
  });

  test('a question that fails beside an order leaves the next one to ask itself', async () => {
    let nowMs = 0;
    const cache = new GateCache(() => nowMs);
    await cache.get('s', async () => ({ state: 'healthy', reasons: [] }));
    nowMs = 60;
    const fails = () => Promise.reject(new Error('away'));
    await expect(cache.get('s', fails)).resolves.toMatchObject({ state: 'healthy' });
    nowMs = 200;
    await expect(cache.get('s', fails)).rejects.toThrow('away');
  });
});

const caller: Caller = { accountId: 'acc', token: 'token', correlationId: 'corr' };
const envelope = { commandId: 'o-a', simulatorId: 'sim', accountId: 'acc', correlationId: 'corr' };
const body: CommandBody = { type: 'cancelOrder', orderId: '1' };
const outcome: Outcome = { sequence: 9, events: [], quarantined: false };

function intakeWith(publish: PublishCommand, settled: Outcome | null) {
  const expectation = {
    outcome: Promise.resolve(settled),
    askNow: vi.fn(),
    cancel: vi.fn(),
  } satisfies Expectation;
  const order: string[] = [];
  const intake = new Intake(
    (...args) => {
      order.push('publish');
      return publish(...args);
    },
    {
      recent: () => null,
      expect: () => {
        order.push('expect');
        return expectation;
      },
    },
    () => Date.UTC(2026, 0, 5),
  );
  return { intake, expectation, order };
}

test('it waits before it publishes, once, under an id of the simulator’s own', async () => {
  const publish = vi.fn<PublishCommand>(async () => ({ sequence: 3, duplicate: false }));
  const { intake, order, expectation } = intakeWith(publish, outcome);
  await expect(intake.send(envelope, body, 'token')).resolves.toEqual({ outcome, repeated: false });
  expect(order).toEqual(['expect', 'publish']);
  expect(expectation.askNow).not.toHaveBeenCalled();
  const [subject, command, options] = publish.mock.calls[0];
  expect(subject).toMatch(/^sandpit\.v1\.cmd\.\d+\.acc\.sim\.cancel$/);
  expect(command).toMatchObject({ commandId: 'o-a', deadlineAt: null, body });
  expect(JSON.stringify(command)).not.toContain('token');
  expect(options).toMatchObject({
    stream: 'COMMANDS',
    id: 'sim/o-a',
    headers: { 'Sandpit-Authorization': 'token' },
  });
});

test.each`
  type              | lane        | isUrgent
  ${'newOrder'}     | ${'order'}  | ${false}
  ${'newOrderList'} | ${'order'}  | ${false}
  ${'replaceOrder'} | ${'order'}  | ${false}
  ${'cancelOrder'}  | ${'cancel'} | ${true}
  ${'cancelAll'}    | ${'cancel'} | ${true}
  ${'cancelList'}   | ${'cancel'} | ${true}
  ${'killSwitch'}   | ${'cancel'} | ${true}
`('$type goes by the lane of $lane', async ({ type, lane, isUrgent }) => {
  const publish = vi.fn<PublishCommand>(async () => ({ sequence: 3, duplicate: false }));
  const expected: unknown[] = [];
  const intake = new Intake(publish, {
    recent: () => null,
    expect: (...args) => {
      expected.push(args[2]);
      return { outcome: Promise.resolve(outcome), askNow: vi.fn(), cancel: vi.fn() };
    },
  });
  await intake.send(envelope, { type, ticket: {} } as never, 'token');
  expect(publish.mock.calls[0]![0]).toMatch(new RegExp(`\\.sim\\.${lane}$`));
  expect(expected).toEqual([isUrgent]);
});

test('a market order carries a deadline, five seconds from now', async () => {
  const publish = vi.fn<PublishCommand>(async () => ({ sequence: 3, duplicate: false }));
  const { intake } = intakeWith(publish, outcome);
  const market = { type: 'market' } as unknown as OrderTicket;
  await intake.send(envelope, { type: 'newOrder', ticket: market }, 'token');
  expect(publish.mock.calls[0][1]).toMatchObject({ deadlineAt: '2026-01-05T00:00:05.000Z' });
});

test('an order ends when its trader no longer wants it, a market order at the latest in five seconds', async () => {
  const publish = vi.fn<PublishCommand>(async () => ({ sequence: 3, duplicate: false }));
  const { intake } = intakeWith(publish, outcome);
  const send = (type: string, untilMs: number) =>
    intake.send(envelope, { type: 'newOrder', ticket: { type } } as never, 'token', untilMs);
  const nowMs = Date.UTC(2026, 0, 5);
  await send('limit', nowMs + 4_000);
  await send('market', nowMs + 4_000);
  await send('market', nowMs + 9_000);
  await send('limit', nowMs + 9_000);
  expect(publish.mock.calls.map(([, body]) => (body as { deadlineAt: string }).deadlineAt)).toEqual(
    [4, 4, 5, 9].map((second) => `2026-01-05T00:00:0${second}.000Z`),
  );
});

test('a duplicate asks the owner at once for the answer it got then', async () => {
  const { intake, expectation } = intakeWith(
    async () => ({ sequence: 3, duplicate: true }),
    outcome,
  );
  await expect(intake.send(envelope, body, 't')).resolves.toMatchObject({ repeated: true });
  expect(expectation.askNow).toHaveBeenCalledOnce();
});

test('after an ambiguous publish the identical message is stored once more, never another', async () => {
  const publish = vi
    .fn<PublishCommand>()
    .mockRejectedValueOnce(new BusError('unknown', 'no answer'))
    .mockResolvedValueOnce({ sequence: 3, duplicate: true });
  const { intake } = intakeWith(publish, outcome);
  await expect(intake.send(envelope, body, 't')).resolves.toMatchObject({ outcome });
  expect(publish.mock.calls[1]).toEqual(publish.mock.calls[0]);
});

test('twice ambiguous: the record still decides, else the outcome is unknown and says so', async () => {
  const ambiguous: PublishCommand = () => Promise.reject(new BusError('unknown', 'no answer'));
  await expect(
    intakeWith(ambiguous, outcome).intake.send(envelope, body, 't'),
  ).resolves.toBeDefined();
  await expect(intakeWith(ambiguous, null).intake.send(envelope, body, 't')).rejects.toMatchObject({
    type: 'outcomeUnknown',
    data: { commandId: 'o-a' },
  });
});

test.each`
  failure          | code
  ${'full'}        | ${'backlogFull'}
  ${'unavailable'} | ${'unavailable'}
`('$failure: nothing was stored, the answer is $code', async ({ failure, code }) => {
  const publish = vi.fn<PublishCommand>(() => Promise.reject(new BusError(failure, 'no')));
  const { intake, expectation } = intakeWith(publish, null);
  await expect(intake.send(envelope, body, 't')).rejects.toMatchObject({ type: code });
  expect(publish).toHaveBeenCalledOnce();
  expect(expectation.cancel).toHaveBeenCalledOnce();
});

const order = (change: Partial<Order> = {}): Order =>
  ({
    orderId: '1',
    ...limit,
    timeInForce: 'day',
    postOnly: false,
    quantityLots: 25,
    limitTicks: 3_601,
    filledLots: 0,
    leavesLots: 25,
    notionalMicros: 0,
    feesMicros: 0,
    status: 'new',
    rejectReason: null,
    createdNs: 0,
    updatedNs: 0,
    ...change,
  }) as unknown as Order;
const happened = (type: string, change: Partial<Order> = {}): VenueEvent =>
  ({ type, order: order(change) }) as unknown as VenueEvent;
const refusedBy = (reason: string) =>
  ({ type: 'commandRefused', reason, orderId: null }) as unknown as VenueEvent;

function deskWith(
  events: VenueEvent[],
  sources: Partial<DeskSources> = {},
  stopped = false,
  now: () => number = Date.now,
  recent: Submitted | null = null,
) {
  const venue = {
    simulatorId: 'sim',
    accountId: 'acc',
    sessionId: 'ses',
    opensAtMs: 0,
    instruments: new Map([['ACME', acme]]),
    stopped,
  } as unknown as VenueInfo;
  const send = vi.fn(async () => ({
    outcome: { sequence: 9, events, quarantined: false },
    repeated: false,
  }));
  const desk = new OrderDesk(
    { recent: () => recent, send },
    {
      venues: { owned: async () => venue, refreshed: async () => venue },
      gate: async (): Promise<Gate> => ({ state: 'healthy', reasons: [] }),
      order: async () => ({ orderId: '1', symbol: 'ACME', status: 'filled' }) as never,
      positions: async () => [],
      preview: async (_, ticket) => ({ accepted: true, ticket }) as never,
      previewList: async (_, list) => ({ accepted: true, list }) as never,
      ...sources,
    },
    now,
  );
  return { desk, send };
}

test('the answer is the order as its command left it', async () => {
  const fills = [happened('orderAccepted'), happened('orderFilled', { status: 'filled' })];
  const { desk } = deskWith(fills);
  const answer = await desk.submit(caller, 'sim', limit);
  expect(answer).toMatchObject({ order: { status: 'filled', sequence: 9 }, repeated: false });
});

test('a refusal by the venue is an answer', async () => {
  const { desk } = deskWith([
    happened('orderRejected', { status: 'rejected', rejectReason: 'insufficientBuyingPower' }),
  ]);
  await expect(desk.submit(caller, 'sim', limit)).resolves.toMatchObject({
    order: { status: 'rejected', rejectReason: 'insufficientBuyingPower' },
  });
});

test('the same clientOrderId with another ticket is named as what it is', async () => {
  const { desk } = deskWith([happened('orderAccepted', { quantityLots: 26 as never })]);
  await expect(desk.submit(caller, 'sim', limit)).rejects.toMatchObject({
    type: 'clientOrderIdReused',
  });
});

test('a closed gate stops orders and lets cancels pass', async () => {
  const closed = async (): Promise<Gate> => ({ state: 'closed', reasons: ['missedHeartbeats'] });
  const { desk, send } = deskWith([happened('orderCanceled', { status: 'canceled' })], {
    gate: closed,
  });
  await expect(desk.submit(caller, 'sim', limit)).rejects.toMatchObject({
    type: 'orderGateClosed',
  });
  expect(send).not.toHaveBeenCalled();
  await expect(desk.cancel(caller, 'sim', '1')).resolves.toMatchObject({ status: 'canceled' });
  await expect(desk.cancelAll(caller, 'sim', {})).resolves.toMatchObject({
    items: [{ status: 'canceled' }],
    nextSince: 9,
  });
});

describe('orders with a stamp', () => {
  const nowMs = Date.UTC(2026, 0, 5, 14, 30);
  const ago = (ms: number) => new Date(nowMs - ms).toISOString();
  const fresh = { sentAt: ago(300), seenAt: ago(900) };
  const old = { sentAt: ago(7_000), seenAt: ago(7_100) };
  const list = {
    clientListId: 'l',
    contingency: 'oco' as const,
    orders: [limit, { ...limit, clientOrderId: 'other', limitPrice: '179.00' }],
  } satisfies OrderListRequest;

  test.each`
    request       | run
    ${'an order'} | ${(desk: OrderDesk, stamp: object) => desk.submit(caller, 'sim', limit, stamp)}
    ${'a list'}   | ${(desk: OrderDesk, stamp: object) => desk.submitList(caller, 'sim', list, stamp)}
    ${'a change'} | ${(desk: OrderDesk, stamp: object) => desk.replace(caller, 'sim', '1', { quantity: '1' }, undefined, stamp)}
    ${'a close'}  | ${(desk: OrderDesk, stamp: object) => desk.closePosition(caller, 'sim', 'ACME', 'a', false, stamp)}
    ${'a turn'}   | ${(desk: OrderDesk, stamp: object) => desk.closePosition(caller, 'sim', 'ACME', 'a', true, stamp)}
  `(
    '$request that is old does not reach the venue, a fresh one ends with its window',
    async ({ run }) => {
      const { desk, send } = deskWith(
        [happened('orderAccepted')],
        {
          gate: async () => ({ state: 'healthy', reasons: [] }),
        },
        false,
        () => nowMs,
      );
      await expect(run(desk, old)).rejects.toMatchObject({ type: 'staleOrder' });
      expect(send).not.toHaveBeenCalled();
      await run(desk, fresh).catch(() => {});
      expect(send).toHaveBeenCalledOnce();
      expect((send.mock.calls[0] as unknown[])[3]).toBe(nowMs - 300 + 5_000);
    },
  );

  test('a repeat whose outcome is known gets it, however old it is', async () => {
    const { desk, send } = deskWith([], {}, false, () => nowMs, {
      outcome: { sequence: 9, events: [happened('orderAccepted')], quarantined: false },
      repeated: true,
    });
    await expect(desk.submit(caller, 'sim', limit, old)).resolves.toMatchObject({ repeated: true });
    expect(send).not.toHaveBeenCalled();
  });

  test('a change that changes nothing but its stamp is refused', async () => {
    const { desk, send } = deskWith([], {}, false, () => nowMs);
    await expect(desk.replace(caller, 'sim', '1', {}, undefined, fresh)).rejects.toMatchObject({
      type: 'validationFailed',
    });
    expect(send).not.toHaveBeenCalled();
  });
});

test('a cancel that comes too late answers with the order and the reason', async () => {
  const { desk } = deskWith([refusedBy('tooLateToCancel')]);
  await expect(desk.cancel(caller, 'sim', '1')).resolves.toMatchObject({
    status: 'filled',
    rejectReason: 'tooLateToCancel',
  });
});

test('a position is not closed past a kill switch, and the answer says where to look', async () => {
  const { desk } = deskWith([refusedBy('killSwitchEngaged')]);
  await expect(desk.closePosition(caller, 'sim', 'ACME', 'c-1', false)).rejects.toMatchObject({
    type: 'forbidden',
    message: expect.stringMatching(/kill switch is on: only cancels pass/),
  });
});

test('an unknown order is not found, a stopped simulator says so without a command', async () => {
  await expect(
    deskWith([refusedBy('unknownOrder')]).desk.cancel(caller, 'sim', '1'),
  ).rejects.toMatchObject({
    type: 'notFound',
  });
  const { desk, send } = deskWith([], {}, true);
  await expect(desk.submit(caller, 'sim', limit)).rejects.toMatchObject({
    type: 'simulatorStopped',
  });
  await expect(desk.cancel(caller, 'sim', '1')).rejects.toMatchObject({ type: 'simulatorStopped' });
  expect(send).not.toHaveBeenCalled();
});

test('nothing is sent for somebody else’s simulator', async () => {
  const { desk, send } = deskWith([], {
    venues: {
      owned: () => Promise.reject(problem('notFound')),
      refreshed: () => Promise.reject(problem('notFound')),
    },
  });
  await expect(desk.submit(caller, 'sim', limit)).rejects.toMatchObject({ type: 'notFound' });
  await expect(desk.cancel(caller, 'sim', '1')).rejects.toMatchObject({ type: 'notFound' });
  await expect(desk.replace(caller, 'sim', '1', { quantity: '1' })).rejects.toBeDefined();
  await expect(desk.cancelAll(caller, 'sim', {})).rejects.toMatchObject({ type: 'notFound' });
  expect(send).not.toHaveBeenCalled();
});

test('a preview of a list asks with all of its tickets and sends no command', async () => {
  const { desk, send } = deskWith([]);
  const orders = [limit, { ...limit, clientOrderId: 'other', limitPrice: '179.00' }];
  const list = { clientListId: 'l', contingency: 'oco', orders } as const;
  expect(await desk.previewList(caller, 'sim', list)).toMatchObject({
    list: { contingency: 'oco', tickets: [{ clientOrderId: limit.clientOrderId }, {}] },
  });
  expect(send).not.toHaveBeenCalled();
  const wrong = { ...list, orders: [limit, { ...limit, quantity: '0.00000001' }] };
  await expect(desk.previewList(caller, 'sim', wrong)).rejects.toMatchObject({
    type: 'validationFailed',
  });
  const stopped = deskWith([], {}, true);
  await expect(stopped.desk.previewList(caller, 'sim', list)).rejects.toMatchObject({
    type: 'simulatorStopped',
  });
});

test('a preview asks the worker with the ticket on the grid and sends no command', async () => {
  const { desk, send } = deskWith([]);
  const answer = await desk.preview(caller, 'sim', limit);
  expect(answer).toMatchObject({ ticket: { symbol: 'ACME', clientOrderId: limit.clientOrderId } });
  expect(send).not.toHaveBeenCalled();
  const stopped = deskWith([], {}, true);
  await expect(stopped.desk.preview(caller, 'sim', limit)).rejects.toMatchObject({
    type: 'simulatorStopped',
  });
  await expect(
    desk.preview(caller, 'sim', { ...limit, quantity: '0.00000001' }),
  ).rejects.toMatchObject({
    type: 'validationFailed',
  });
});
