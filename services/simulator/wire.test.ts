import type { VenueEvent } from '@sandpit/schemas/event.ts';
import {
  AccountView,
  FillReceipt,
  OrderPreview,
  OrderView,
  PositionView,
} from '@sandpit/schemas/http.ts';
import { SimulatorInstrument } from '@sandpit/schemas/instrument.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { Compile } from 'typebox/compile';
import { beforeEach, expect, test } from 'vitest';
import { recordFor } from './runtime/committer.ts';
import { GENESIS } from './runtime/record.ts';
import { absorb, createMemory, type Replica } from './runtime/replica.ts';
import { openVenue } from './venue/create.ts';
import { command, HASH, SYMBOL, scenarioWith, startBody } from './venue/testing/commands.ts';
import * as wire from './wire.ts';

const scenario = scenarioWith({ warmUpSeconds: 5 });
const WALL_MS = 1_800_000_000_000;
let replica: Replica;
let sequence = 0;

/** Executes as the owner does, with the record at sequence 10, 20, 30 … of EVENTS. */
function decide(commandId: string, body: Parameters<typeof command>[1]): VenueEvent[] {
  const { venue } = replica;
  sequence += 1;
  const events = venue.advanceTo(venue.targetNs(WALL_MS));
  const simNs = venue.nowNs;
  const asked = command(commandId, body);
  events.push(...venue.execute(asked, { wallMs: WALL_MS, sequence }));
  const commands = [{ sequence, command: asked }];
  const draft = { type: 'turn' as const, commands, events, simNs, wallMs: WALL_MS };
  absorb(replica, recordFor(replica, draft, 'worker').record, 10 * sequence);
  return events;
}

const limit = (clientOrderId: string, limitTicks: number): Parameters<typeof command>[1] => ({
  type: 'newOrder',
  ticket: {
    clientOrderId,
    symbol: SYMBOL,
    side: 'buy',
    type: 'limit',
    quantityLots: 10,
    limitTicks,
    timeInForce: 'gtc',
    postOnly: false,
  } as unknown as OrderTicket,
});

beforeEach(() => {
  sequence = 0;
  const venue = openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH });
  const address = { accountId: 'account', simulatorId: 'sim' };
  replica = {
    address,
    scenarioHash: HASH,
    venue,
    memory: createMemory(),
    head: { ...GENESIS, epoch: 1 },
  };
  decide('start', startBody());
  replica.venue.advanceTo(replica.venue.targetNs(WALL_MS));
});

const bid = () => Math.round(Number(replica.venue.quote(SYMBOL)!.bid) * 100);

test('the snapshot has the published shape, and everything in it is of one record', () => {
  decide('one', limit('one', bid() - 50));
  decide('two', {
    type: 'newOrder',
    ticket: { ...ticketOf('two'), type: 'market', limitTicks: null },
  });
  const frame = wire.snapshotFrame(replica, scenario)!;
  expect([...Compile(SnapshotFrame).Errors(frame)]).toEqual([]);
  expect(frame).toMatchObject({ n: 3, sequence: 30, simulator: { state: 'running', seed: 5 } });
  expect(frame.openOrders.map(({ clientOrderId }) => clientOrderId)).toEqual(['one']);
  expect(frame.executions.length).toBeGreaterThan(0);
  expect(frame.account.sequence).toBe(30);
  expect(frame.quotes.every(({ epoch }) => epoch === frame.epoch)).toBe(true);
});

const ticketOf = (clientOrderId: string) =>
  (limit(clientOrderId, 1) as Extract<Parameters<typeof command>[1], { type: 'newOrder' }>).ticket;

test('there is no snapshot of a simulator that has not started', () => {
  const venue = openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH });
  expect(wire.snapshotFrame({ ...replica, venue, memory: createMemory() }, scenario)).toBeNull();
});

test('lists go by the last change, and what one record changed stays together', () => {
  for (const name of ['a', 'b', 'c', 'd']) decide(name, limit(name, bid() - 50));
  const names = (range: wire.ListRange) => {
    const { items, nextSince } = wire.listOrders(replica, range);
    return [items.map(({ clientOrderId }) => clientOrderId).join(''), nextSince];
  };
  expect(names({})).toEqual(['abcd', 50]);
  expect(names({ limit: 2 })).toEqual(['ab', 30]);
  expect(names({ limit: 2, since: 30 })).toEqual(['cd', 50]);
  expect(names({ since: 50 })).toEqual(['', 50]);
  decide('cancel', {
    type: 'cancelOrder',
    orderId: wire.listOrders(replica, {}).items[0]!.orderId,
  });
  expect(names({ since: 50 })).toEqual(['a', 60]);
  decide('all', { type: 'cancelAll', symbol: null, side: null });
  expect(names({ since: 60, limit: 1 })).toEqual(['bcd', 70]);
});

test('answers have the published shapes', () => {
  decide('buy', {
    type: 'newOrder',
    ticket: { ...ticketOf('buy'), type: 'market', limitTicks: null },
  });
  const { items } = wire.listOrders(replica, {});
  for (const order of items) expect(Compile(OrderView).Check(order)).toBe(true);
  for (const each of wire.positions(replica)) expect(Compile(PositionView).Check(each)).toBe(true);
  expect(Compile(AccountView).Check(wire.account(replica))).toBe(true);
  for (const { orderId, filledQuantity } of items) {
    const receipt = wire.receipt(replica, orderId)!;
    expect([...Compile(FillReceipt).Errors(receipt)]).toEqual([]);
    expect(receipt).toMatchObject({ explanation: 'tookLiquidity', takerQuantity: filledQuantity });
    expect(receipt.fills.length).toBeGreaterThan(0);
  }
  expect(wire.receipt(replica, 'nobody')).toBeNull();
  const preview = wire.preview(replica, ticketOf('ask'));
  expect([...Compile(OrderPreview).Errors(preview)]).toEqual([]);
  expect(wire.oneOrder(replica, 'nobody')).toBeNull();
  expect(wire.book(replica, 'NOPE')).toBeNull();
});

test('instruments tell their splits so far, and others none', () => {
  const split = {
    type: 'split' as const,
    atSeconds: 900,
    symbol: SYMBOL,
    newUnits: 4,
    oldUnits: 1,
  };
  const withSplit = { ...scenario, script: [split] };
  const venue = openVenue(withSplit, { simulatorId: 'sim', scenarioHash: HASH });
  venue.execute(command('start', startBody(1_000)), { wallMs: WALL_MS, sequence: 1 });
  const of = (symbol: string) =>
    wire.listInstruments({ ...replica, venue }).items.find((each) => each.symbol === symbol)
      ?.splits;
  venue.advanceTo(899_999_999_999 as SimNs);
  expect(of(SYMBOL)).toEqual([]);
  venue.advanceTo(900_000_000_000 as SimNs);
  const at = new Date(Date.parse(withSplit.opensAt) + 900_000).toISOString();
  expect(of(SYMBOL)).toEqual([{ at, newUnits: 4, oldUnits: 1, priceFactor: 0.25 }]);
  expect(of('LARGE')).toEqual([]);
  const answer = Compile(SimulatorInstrument);
  const { items } = wire.listInstruments({ ...replica, venue });
  for (const each of items) expect(answer.Check(each)).toBe(true);
});
