/** I11: PostgreSQL holds the fold of the log up to where its cursor stands, and nothing else. */
import { foldRecords, type TraderState } from '../../../services/simulator/simulation/fold.ts';
import { type ArchiveRows, type Finding, placesOf, type SimulatorHistory } from './history.ts';

export function checkArchive({ archive, records }: SimulatorHistory): Finding {
  const finding: Finding = { law: 'I11', checked: 0, what: 'rows', breaches: [] };
  if (!archive) return finding;
  const { head, orders, executions, positions } = archive;
  finding.checked = archive.records.length + orders.length + executions.length + positions.length;
  const upTo = records.filter(({ body }) => body.n <= (head?.n ?? 0));
  const places = new Map(records.map((stored) => [stored.body.n, stored]));
  const state = foldRecords(upTo.map(({ body }) => body));
  finding.breaches.push(
    ...headFaults(archive, records),
    ...differences(
      'records',
      [...new Set(archive.records.map((row) => archivedLine(row, places)))],
      upTo.map(({ sequence, body }) => `${body.n} ${body.hash} ${sequence}`),
    ),
    ...rowFaults(archive, state),
  );
  return finding;
}

/** A record that was restored is archived where it stood before, and where it stands. */
function archivedLine(
  { n, hash, sequence }: ArchiveRows['records'][number],
  places: ReadonlyMap<number, SimulatorHistory['records'][number]>,
): string {
  const stored = places.get(n);
  const isKnown = stored?.restoredFrom !== undefined && isPlaceOf(stored, sequence);
  return `${n} ${hash} ${isKnown ? stored.sequence : sequence}`;
}

/** Of the last one that was restored nobody knows where it stood. */
const isPlaceOf = (stored: SimulatorHistory['records'][number], sequence: number): boolean =>
  placesOf(stored).includes(sequence) || stored.restoredFrom === 0;

function headFaults(
  { head, shouldReach }: ArchiveRows,
  records: SimulatorHistory['records'],
): string[] {
  const last = records.at(-1);
  if (!last) return head ? ['the archive has a head of a log without records'] : [];
  if (!head) return ['the archive knows nothing of it'];
  if (head.fault) return [`the archive gave up: ${head.fault}`];
  return head.n >= shouldReach ? [] : [`the archive stands at ${head.n} of ${shouldReach}`];
}

function rowFaults(archive: ArchiveRows, state: TraderState): string[] {
  const { account } = archive;
  const money = (each: { cashMicros: number; realisedMicros: number; feesMicros: number }) =>
    `${each.cashMicros} ${each.realisedMicros} ${each.feesMicros}`;
  return [
    ...differences(
      'orders',
      archive.orders.map((each) => `${each.orderId} ${each.status} ${each.filledLots}`),
      [...state.orders.values()].map((each) => `${each.orderId} ${each.status} ${each.filledLots}`),
    ),
    ...differences(
      'executions',
      archive.executions.map(
        (each) => `${each.executionId} ${each.quantityLots} ${each.priceTicks}`,
      ),
      state.executions.map((each) => `${each.executionId} ${each.quantityLots} ${each.priceTicks}`),
    ),
    ...differences(
      'positions',
      archive.positions.map((each) => `${each.symbol} ${each.quantityLots} ${each.costMicros}`),
      [...state.positions.values()].map(
        (each) => `${each.symbol} ${each.quantityLots} ${each.costMicros}`,
      ),
    ),
    ...differences(
      'account',
      account ? [money(account)] : [],
      state.account ? [money(state.account)] : [],
    ),
  ];
}

function differences(what: string, rows: readonly string[], logged: readonly string[]): string[] {
  const archived = [...rows].sort();
  const expected = [...logged].sort();
  if (archived.join('\n') === expected.join('\n')) return [];
  const missing = expected.filter((line) => !archived.includes(line)).slice(0, 5);
  const surplus = archived.filter((line) => !expected.includes(line)).slice(0, 5);
  return [
    `${what}: ${archived.length} rows for ${expected.length}; lacks [${missing}], has [${surplus}] too many`,
  ];
}
