import { describe, expect, test } from 'vitest';
import { type Changes, type Head, type LoggedRecord, project } from './projector.ts';
import { RecordMaker } from './test-records.ts';

const NOTHING_KNOWN = { heads: new Map<string, Head>(), archivedHash: () => undefined };

const logged = (records: readonly { n: number }[], first = 1): LoggedRecord[] =>
  records.map((record, i) => ({ sequence: first + i, record: record as LoggedRecord['record'] }));

function day(): RecordMaker {
  const maker = new RecordMaker('sim', 'acc');
  maker.add([], 'owner');
  maker.start();
  maker.trade('o-1', [
    { quantityLots: 2, priceTicks: 10_000 },
    { quantityLots: 3, priceTicks: 10_001 },
  ]);
  maker.trade('o-2', []);
  maker.cancel('o-2');
  return maker;
}

/** Rows as they would lie in the database after a first and a second batch. */
function merged(first: Changes, second: Changes) {
  const tables = ['heads', 'orders', 'executions', 'positions', 'accounts'] as const;
  return Object.fromEntries(
    tables.map((table) => [table, new Map<string, unknown>([...first[table], ...second[table]])]),
  );
}

describe('the fold of a log', () => {
  test('keeps the last state of each order, every execution, position and account', () => {
    const changes = project(logged(day().records), NOTHING_KNOWN);
    const orders = [...changes.orders.values()].map(({ order, sequence }) => [
      order.orderId,
      order.status,
      order.filledLots,
      sequence,
    ]);
    expect(orders).toEqual([
      ['o-1', 'partiallyFilled', 5, 3],
      ['o-2', 'canceled', 0, 5],
    ]);
    expect([...changes.executions.keys()]).toEqual(['sim 1', 'sim 2']);
    expect(changes.positions.get('sim ACME')).toMatchObject({
      sequence: 4,
      position: { quantityLots: 5, costMicros: (2 * 10_000 + 3 * 10_001) * 10_000 },
    });
    expect(changes.accounts.get('sim')?.account.cashMicros).toBe(
      100_000_000_000 - (2 * 10_000 + 3 * 10_001) * 10_000,
    );
    expect(changes.simulators.get('sim')).toEqual({ state: 'running', speed: 2, stoppedAt: null });
    expect(changes.heads.get('sim')).toMatchObject({ n: 5, sequence: 5, fault: null });
    expect(changes.faults).toEqual([]);
  });

  test('a simulator that was put away is hibernated until it runs again', () => {
    const maker = day();
    const put = maker.clock('paused');
    for (const event of put.events) {
      if (event.type === 'clockChanged') event.clock.hibernated = 'running';
    }
    const asleep = project(logged(maker.records), NOTHING_KNOWN).simulators.get('sim');
    expect(asleep?.state).toBe('hibernated');
    maker.clock('running');
    const awake = project(logged(maker.records), NOTHING_KNOWN).simulators.get('sim');
    expect(awake?.state).toBe('running');
  });

  test('a copy that is not complete changes no clock; its last record does', () => {
    const copied = logged(day().records).map((each) => ({ ...each, isIncomplete: true }));
    const broken = project(copied, NOTHING_KNOWN);
    expect(broken.simulators.size).toBe(0);
    expect(broken.heads.get('sim')?.n).toBe(5);
    const maker = day();
    maker.clock('paused');
    const complete = logged(maker.records).map((each, i) => ({ ...each, isIncomplete: i < 5 }));
    expect(project(complete, NOTHING_KNOWN).simulators.get('sim')?.state).toBe('paused');
    // In one batch with the one before it: what was known stays.
    const mixed = complete.map((each, i) => ({ ...each, isIncomplete: i === 5 }));
    expect(project(mixed, NOTHING_KNOWN).simulators.get('sim')?.state).toBe('running');
  });

  test.each([1, 2, 3, 4])('is the same cut after record %i', (cut) => {
    const records = logged(day().records);
    const whole = project(records, NOTHING_KNOWN);
    const first = project(records.slice(0, cut), NOTHING_KNOWN);
    const second = project(records.slice(cut), { ...NOTHING_KNOWN, heads: first.heads });
    expect(merged(first, second)).toEqual(merged(whole, project([], NOTHING_KNOWN)));
  });

  test.each([
    ['running', 'running', null],
    ['paused', 'paused', null],
    ['stopped', 'stopped', '2026-01-05T08:00:00.003Z'],
  ] as const)('shows a clock that is %s as %s', (state, shown, stoppedAt) => {
    const maker = new RecordMaker('sim', 'acc');
    maker.add([], 'owner');
    maker.start();
    maker.clock(state);
    const { simulators } = project(logged(maker.records), NOTHING_KNOWN);
    expect(simulators.get('sim')).toEqual({ state: shown, speed: 2, stoppedAt });
  });

  test('halts a simulator whose command was quarantined', () => {
    const maker = day();
    maker.add([], 'quarantined');
    const { simulators } = project(logged(maker.records), NOTHING_KNOWN);
    expect(simulators.get('sim')?.state).toBe('halted');
  });
});

describe('a record that does not continue the chain', () => {
  const broken = [
    [
      'leaves a gap',
      (records: LoggedRecord[]) => records.toSpliced(2, 1),
      'record 4 follows record 2',
    ],
    [
      'names another predecessor',
      (records: LoggedRecord[]) =>
        records.with(3, {
          ...(records[3] as LoggedRecord),
          record: { ...(records[3] as LoggedRecord).record, previousHash: 'f'.repeat(64) },
        }),
      'record 4 names another predecessor',
    ],
    [
      'belongs to somebody else',
      (records: LoggedRecord[]) =>
        records.with(3, {
          ...(records[3] as LoggedRecord),
          record: { ...(records[3] as LoggedRecord).record, accountId: 'thief' },
        }),
      'record 4 belongs to account thief, not acc',
    ],
    [
      'is another one of the same number',
      (records: LoggedRecord[]) => [...records, records[1] as LoggedRecord],
      'record 2 follows record 5',
    ],
  ] as const;

  test.each(broken)('because it %s stops this simulator, and no other', (_why, spoil, fault) => {
    const other = new RecordMaker('other', 'acc');
    other.add([], 'owner');
    const records = [...spoil(logged(day().records)), ...logged(other.records, 90)];
    const changes = project(records, NOTHING_KNOWN);
    expect(changes.faults).toEqual([expect.objectContaining({ simulatorId: 'sim', fault })]);
    expect(changes.heads.get('sim')?.fault).toBe(fault);
    expect(changes.heads.get('other')).toMatchObject({ n: 1, fault: null });
  });

  test('is followed by nothing: what comes after is not projected either', () => {
    const records = logged(day().records).toSpliced(1, 1);
    const first = project(records.slice(0, 2), NOTHING_KNOWN);
    const second = project(records.slice(2), { ...NOTHING_KNOWN, heads: first.heads });
    expect(second.orders.size + second.executions.size + second.faults.length).toBe(0);
  });
});

describe('records that come again, as after a restored stream', () => {
  const records = day().records;
  const first = project(logged(records), NOTHING_KNOWN);
  const known = {
    heads: first.heads,
    archivedHash: (_simulatorId: string, n: number) => records[n - 1]?.hash,
  };

  test('change nothing', () => {
    const again = project(logged(records, 1_000), known);
    expect(again.heads.size + again.orders.size + again.faults.length).toBe(0);
  });

  test('are told from a second history', () => {
    const other = new RecordMaker('sim', 'acc');
    other.add([], 'owner');
    other.trade('o-9', [{ quantityLots: 1, priceTicks: 1 }]);
    const again = project(logged(other.records, 1_000), known);
    expect(again.faults).toEqual([
      { simulatorId: 'sim', sequence: 1_001, fault: 'record 2 follows record 5' },
    ]);
    expect(again.executions.size).toBe(0);
  });
});
