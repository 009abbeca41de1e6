/** Records through the real EVENTS into real tables: the rows are the fold, whatever goes wrong. */

import { randomBytes } from 'node:crypto';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { connectBus, type NatsBus } from '@sandpit/bus/nats-bus.ts';
import { ensureStreams } from '@sandpit/bus/streams.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../platform/database.ts';
import type { VenueInfo } from '../platform/venues.ts';
import {
  accountOf,
  archivedOrder,
  executionHistory,
  orderHistory,
  positionHistory,
} from './history.ts';
import { Projection } from './projection.ts';
import { project } from './projector.ts';
import { accountFromRow, executionFromRow, orderFromRow, positionFromRow } from './rows.ts';
import { applyBatch, readCursor } from './store.ts';
import { RecordMaker } from './test-records.ts';

let bus: NatsBus;
let database: SandpitDatabase;
const reports: string[] = [];

const projection = () =>
  new Projection({ bus, database, report: (_level, _fields, message) => reports.push(message) });

/** Stores what the maker has made since the last time. */
async function store(maker: RecordMaker, from = 0): Promise<void> {
  for (const record of maker.records.slice(from)) {
    const { sequence } = await bus.publish(subjects.event(maker), record, {
      stream: 'EVENTS',
      after: maker.sequence,
    });
    maker.sequence = sequence;
  }
}

function day(trades: number): RecordMaker {
  const id = randomBytes(8).toString('hex');
  const maker = new RecordMaker(`sim-${id}`, `acc-${id}`);
  maker.add([], 'owner');
  maker.start();
  for (let i = 1; i <= trades; i++) {
    maker.trade(`o-${i}`, [
      { quantityLots: i, priceTicks: 10_000 + i },
      { quantityLots: 1, priceTicks: 10_001 },
    ]);
  }
  maker.trade('rests', []);
  maker.cancel('rests');
  return maker;
}

async function catchUp(runner: Projection): Promise<void> {
  while (await runner.step());
}

/** What the tables hold of a simulator, without sequences. */
async function tables(simulatorId: string) {
  const of = <T extends 'simulator_orders' | 'simulator_executions' | 'simulator_positions'>(
    table: T,
  ) =>
    sql<never>`select * from ${sql.table(table)} where simulator_id = ${simulatorId}`.execute(
      database,
    );
  const account = await database
    .selectFrom('simulator_accounts')
    .selectAll()
    .where('simulator_id', '=', simulatorId)
    .executeTakeFirstOrThrow();
  const byId = (a: { orderId: string }, b: { orderId: string }) =>
    a.orderId.localeCompare(b.orderId);
  return {
    orders: (await of('simulator_orders')).rows.map(orderFromRow).sort(byId),
    executions: (await of('simulator_executions')).rows
      .map(executionFromRow)
      .sort((a, b) => Number(a.executionId) - Number(b.executionId)),
    positions: (await of('simulator_positions')).rows.map(positionFromRow),
    account: accountFromRow(account),
  };
}

/** The same from the fold of all its records. */
function folded({ records }: RecordMaker): Awaited<ReturnType<typeof tables>> {
  const logged = records.map((record, i) => ({ sequence: i + 1, record }));
  const changes = project(logged, { heads: new Map(), archivedHash: () => undefined });
  return {
    orders: [...changes.orders.values()]
      .map(({ order }) => order)
      .sort((a, b) => a.orderId.localeCompare(b.orderId)),
    executions: [...changes.executions.values()].map(({ execution }) => execution),
    positions: [...changes.positions.values()].map(({ position }) => position),
    account: [...changes.accounts.values()].map(({ account }) => account)[0] as never,
  };
}

const archivedCount = async (simulatorId: string) => {
  const { rows } = await sql<{ count: string }>`
    select count(*) from event_records where simulator_id = ${simulatorId}`.execute(database);
  return Number(rows[0]?.count);
};

beforeAll(async () => {
  const { natsUrl, databaseUrl } = inject('servers');
  bus = await connectBus({ servers: natsUrl, name: 'portfolio-test' });
  await ensureStreams(bus);
  database = createDatabase({
    url: databaseUrl,
    connectionsMax: 6,
    onError: () => {},
    applicationName: 'portfolio-test',
  });
  await catchUp(projection());
});

afterAll(async () => {
  await database.destroy();
  await bus.close();
});

test('the rows are the fold of the log, and the archive is the log', async () => {
  const maker = day(30);
  await store(maker);
  await catchUp(projection());
  expect(await tables(maker.simulatorId)).toEqual(folded(maker));
  const { rows } = await sql<{ n: string; hash: string; data: Buffer }>`
    select n, hash, data from event_records
    where simulator_id = ${maker.simulatorId} order by sequence`.execute(database);
  expect(rows.map(({ data }) => JSON.parse(data.toString()))).toEqual(maker.records);
  const state = await bus.streamState('EVENTS');
  expect(await readCursor(database)).toEqual({
    incarnation: state.incarnation,
    sequence: state.lastSequence,
  });
});

test('hundreds of records, from many simulators, stored while it runs', async () => {
  const makers = Array.from({ length: 5 }, () => day(60));
  const runner = projection();
  runner.start();
  await Promise.all(makers.map((maker) => store(maker)));
  runner.wake();
  const last = (await bus.streamState('EVENTS')).lastSequence;
  const deadline = Date.now() + 10_000;
  while ((await readCursor(database))?.sequence !== last && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await runner.stop();
  for (const maker of makers) {
    expect(await tables(maker.simulatorId)).toEqual(folded(maker));
    expect(await archivedCount(maker.simulatorId)).toBe(maker.records.length);
  }
});

describe('a projector that dies between two statements', () => {
  /** The connection is cut in the middle of the transaction, the first `times` times. */
  async function cutAt(table: string, times: number, simulatorId: string): Promise<void> {
    await sql
      .raw(`
        create sequence cut_count;
        create function cut() returns trigger language plpgsql as $$ begin
          if new.simulator_id = '${simulatorId}' and nextval('cut_count') <= ${times} then
            perform pg_terminate_backend(pg_backend_pid());
          end if;
          return new;
        end $$;
        create trigger cut before insert on ${table} for each row execute function cut();`)
      .execute(database);
  }
  const mend = async (table: string) => {
    const { rows } = await sql<{ last_value: string }>`select last_value from cut_count`.execute(
      database,
    );
    await sql
      .raw(`drop trigger cut on ${table}; drop function cut; drop sequence cut_count;`)
      .execute(database);
    return Number(rows[0]?.last_value);
  };

  test.each(['event_records', 'simulator_heads', 'simulator_executions', 'simulator_accounts'])(
    'at %s leaves nothing half done, and the next try completes it',
    async (table) => {
      const maker = day(10);
      await store(maker);
      const before = await readCursor(database);
      await cutAt(table, 2, maker.simulatorId);
      try {
        await expect(catchUp(projection())).rejects.toThrow();
        expect(await readCursor(database)).toEqual(before);
        expect(await archivedCount(maker.simulatorId)).toBe(0);
        const runner = projection();
        runner.start();
        const deadline = Date.now() + 10_000;
        while ((await archivedCount(maker.simulatorId)) === 0 && Date.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await runner.stop();
      } finally {
        // Both cuts were made: the test did what it says.
        expect(await mend(table)).toBeGreaterThan(2);
      }
      expect(await tables(maker.simulatorId)).toEqual(folded(maker));
      expect(await archivedCount(maker.simulatorId)).toBe(maker.records.length);
    },
  );
});

test('several projectors at once do each record once', async () => {
  const makers = Array.from({ length: 3 }, () => day(40));
  const runners = Array.from({ length: 3 }, projection);
  for (const runner of runners) runner.start();
  await Promise.all(makers.map((maker) => store(maker)));
  const last = (await bus.streamState('EVENTS')).lastSequence;
  const deadline = Date.now() + 15_000;
  while ((await readCursor(database))?.sequence !== last && Date.now() < deadline) {
    for (const runner of runners) runner.wake();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.all(runners.map((runner) => runner.stop()));
  for (const maker of makers) {
    expect(await tables(maker.simulatorId)).toEqual(folded(maker));
    expect(await archivedCount(maker.simulatorId)).toBe(maker.records.length);
  }
});

test('a batch that comes twice is applied once', async () => {
  const maker = day(5);
  await store(maker);
  const before = await readCursor(database);
  await catchUp(projection());
  const rows = await tables(maker.simulatorId);
  const after = (await readCursor(database)) as NonNullable<typeof before>;
  const again = maker.records.map((record, i) => ({
    sequence: after.sequence - maker.records.length + 1 + i,
    storedAtMs: 0,
    data: Buffer.from(JSON.stringify(record)),
    simulatorId: maker.simulatorId,
    accountId: maker.accountId,
    record,
    isIncomplete: false,
  }));
  expect(await applyBatch(database, before, after, again)).toEqual({ outcome: 'overtaken' });
  expect(await tables(maker.simulatorId)).toEqual(rows);
});

test('bytes that are no record are archived, told, and hold nobody up', async () => {
  const [bad, good] = [day(0), day(2)];
  await bus.publish(subjects.event(bad), new TextEncoder().encode('{"not":'), { stream: 'EVENTS' });
  await store(good);
  reports.length = 0;
  await catchUp(projection());
  expect(reports).toEqual(['archived, but no record we understand']);
  expect(await archivedCount(bad.simulatorId)).toBe(1);
  expect(await tables(good.simulatorId)).toEqual(folded(good));
});

test('a record the database refuses stops its simulator’s row, not the others', async () => {
  const [bad, good] = [day(1), day(1)];
  // PostgreSQL text takes no NUL.
  const trade = bad.trade('nul', []).events[0] as { order: { clientOrderId: string } };
  trade.order.clientOrderId = 'a\u0000b';
  await store(bad);
  await store(good);
  reports.length = 0;
  await catchUp(projection());
  expect(reports).toContain('archived, but not projected');
  expect(await archivedCount(bad.simulatorId)).toBe(bad.records.length);
  expect(await tables(good.simulatorId)).toEqual(folded(good));
});

describe('what the trader sees', () => {
  const instrument = {
    symbol: 'ACME',
    tickSize: '0.01',
    lotSize: '1',
    tickValueMicros: 10_000,
  } as Instrument;
  const venueOf = ({ simulatorId, accountId }: RecordMaker): VenueInfo => ({
    simulatorId,
    accountId,
    sessionId: 's',
    scenarioHash: 'h',
    opensAtMs: 0,
    instruments: new Map([['ACME', instrument]]),
    stopped: false,
  });
  const maker = day(7);
  beforeAll(async () => {
    await store(maker);
    await catchUp(projection());
  });

  test('comes in pages that neither repeat nor leave out anything', async () => {
    const venue = venueOf(maker);
    const seen: string[] = [];
    let since = 0;
    for (let page = 0; page < 20; page++) {
      const { items, nextSince } = await executionHistory(database, venue, { limit: 3, since });
      if (items.length === 0) break;
      // A record is not cut: its two executions come together.
      expect(items.length % 2).toBe(0);
      seen.push(...items.map(({ executionId }) => executionId));
      since = nextSince;
    }
    expect(seen).toEqual(Array.from({ length: 14 }, (_, i) => `${i + 1}`));
  });

  test('is written in decimals', async () => {
    const venue = venueOf(maker);
    const { items: orders } = await orderHistory(database, venue, { limit: 100, since: 0 });
    expect(orders.find(({ orderId }) => orderId === 'o-2')).toMatchObject({
      quantity: '4',
      filledQuantity: '3',
      limitPrice: '105.00',
      averagePrice: '100.0167',
      status: 'partiallyFilled',
    });
    expect(await archivedOrder(database, venue, 'o-2')).toEqual(
      orders.find(({ orderId }) => orderId === 'o-2'),
    );
    const { items: positions } = await positionHistory(database, venue, { limit: 9, since: 0 });
    expect(positions).toMatchObject([{ symbol: 'ACME', quantity: '35', mark: null }]);
    expect(await accountOf(database, venue)).toMatchObject({
      currency: 'USD',
      startingCash: '100000.00',
      sequence: expect.any(Number),
    });
  });

  test('is nothing of anybody else’s, even with the right id', async () => {
    const thief = { ...venueOf(maker), accountId: 'thief' };
    const page = { limit: 10, since: 0 };
    expect((await orderHistory(database, thief, page)).items).toEqual([]);
    expect((await executionHistory(database, thief, page)).items).toEqual([]);
    expect((await positionHistory(database, thief, page)).items).toEqual([]);
    for (const [who, orderId] of [
      [thief, 'o-2'],
      [venueOf(maker), 'o-none'],
    ] as const) {
      await expect(archivedOrder(database, who, orderId)).rejects.toMatchObject({
        type: 'notFound',
      });
    }
    await expect(accountOf(database, thief)).rejects.toMatchObject({ type: 'notFound' });
  });
});

test('the log of a fork that broke off says of its row neither that it runs nor that it ended', async () => {
  const maker = day(2);
  await sql`insert into simulators (id, account_id, session_id, scenario_id, scenario_hash, seed, speed,
      starting_cash_micros, currency, symbols, state, started_at)
    values (${maker.simulatorId}, ${maker.accountId}, 's', 'calm', 'ab', 1, 1, 1, 'USD', '[]',
      'starting', now())`.execute(database);
  const stateOf = async () => {
    const { rows } = await sql<{ state: string }>`
      select state from simulators where id = ${maker.simulatorId}`.execute(database);
    return rows[0]?.state;
  };
  const stored = async (record: EventRecord, headers: Record<string, string>) => {
    await bus.publish(subjects.event(maker), record, { stream: 'EVENTS', headers });
    await catchUp(projection());
  };
  for (const record of maker.records) await stored(record, { [HEADERS.forking]: 'yes' });
  expect(await stateOf()).toBe('starting');
  expect(await tables(maker.simulatorId)).toEqual(folded(maker));
  await stored(maker.clock('paused'), {});
  expect(await stateOf()).toBe('paused');
  // Stopped by its manager, and only then told of what it did before: a stop is final.
  await sql`update simulators set state = 'stopped' where id = ${maker.simulatorId}`.execute(
    database,
  );
  await stored(maker.clock('running'), {});
  expect(await stateOf()).toBe('stopped');
});
