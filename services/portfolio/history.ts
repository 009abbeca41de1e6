/** What a trader may look up of a simulator, as the wire shows it. Reads the projected rows. */
import type { AccountView, ExecutionView, OrderView, PositionView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Kysely, Selectable } from 'kysely';
import { accountView } from '../platform/account-views.ts';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { executionView, orderView, positionView } from '../platform/views.ts';
import { accountFromRow, executionFromRow, orderFromRow, positionFromRow } from './rows.ts';

export interface Page {
  /** Rows wanted; more come when the last record changed more than fit. */
  limit: number;
  /** Stream sequence; rows changed after it are shown, oldest change first. */
  since: number;
}

export interface Listing<Item> {
  items: Item[];
  /** `since` of the next page. */
  nextSince: number;
}

export async function orderHistory(
  db: Kysely<Database>,
  venue: VenueInfo,
  page: Page,
): Promise<Listing<OrderView>> {
  const rows = await changedRows(db, 'simulator_orders', venue, page);
  return listing(rows, page, (row, sequence) => {
    const order = orderFromRow(row);
    return orderView(order, instrumentOf(venue, order.symbol), venue.opensAtMs, sequence);
  });
}

/** @throws problem `notFound`, also while the order is not projected yet. */
export async function archivedOrder(
  db: Kysely<Database>,
  venue: VenueInfo,
  orderId: string,
): Promise<OrderView> {
  const row = await db
    .selectFrom('simulator_orders')
    .selectAll()
    .where('simulator_id', '=', venue.simulatorId)
    .where('account_id', '=', venue.accountId)
    .where('order_id', '=', orderId)
    .executeTakeFirst();
  if (!row) throw problem('notFound', { detail: 'This simulator has no order with that id.' });
  const order = orderFromRow(row);
  const instrument = instrumentOf(venue, order.symbol);
  return orderView(order, instrument, venue.opensAtMs, Number(row.sequence));
}

export async function executionHistory(
  db: Kysely<Database>,
  venue: VenueInfo,
  page: Page,
): Promise<Listing<ExecutionView>> {
  const rows = await changedRows(db, 'simulator_executions', venue, page);
  return listing(rows, page, (row, sequence) => {
    const execution = executionFromRow(row);
    const instrument = instrumentOf(venue, execution.symbol);
    return executionView(execution, instrument, venue.opensAtMs, sequence);
  });
}

/** At cost: the database knows no marks. */
export async function positionHistory(
  db: Kysely<Database>,
  venue: VenueInfo,
  page: Page,
): Promise<Listing<PositionView>> {
  const rows = await changedRows(db, 'simulator_positions', venue, page);
  return listing(rows, page, (row) => {
    const position = positionFromRow(row);
    return positionView(position, instrumentOf(venue, position.symbol), null);
  });
}

/** @throws problem `notFound` while the start of the simulator is not projected yet. */
export async function accountOf(db: Kysely<Database>, venue: VenueInfo): Promise<AccountView> {
  const row = await db
    .selectFrom('simulator_accounts')
    .selectAll()
    .where('simulator_id', '=', venue.simulatorId)
    .where('account_id', '=', venue.accountId)
    .executeTakeFirst();
  if (!row) throw problem('notFound', { detail: 'Nothing is archived of this simulator yet.' });
  return accountView(accountFromRow(row), [], Number(row.sequence), venue.opensAtMs);
}

type HistoryTable = 'simulator_orders' | 'simulator_executions' | 'simulator_positions';

/** A record is never cut in two: the cursor could not say where to go on. */
async function changedRows<Table extends HistoryTable>(
  db: Kysely<Database>,
  table: Table,
  { simulatorId, accountId }: VenueInfo,
  { limit, since }: Page,
): Promise<Selectable<Database[Table]>[]> {
  const rows = await db
    .selectFrom<HistoryTable>(table)
    .selectAll()
    .where('simulator_id', '=', simulatorId)
    .where('account_id', '=', accountId)
    .where('sequence', '>', `${since}`)
    .orderBy('sequence')
    .fetch(limit, 'with ties')
    .execute();
  return rows as unknown as Selectable<Database[Table]>[];
}

function listing<Row extends { sequence: string }, Item>(
  rows: readonly Row[],
  { since }: Page,
  view: (row: Row, sequence: number) => Item,
): Listing<Item> {
  const items = rows.map((row) => view(row, Number(row.sequence)));
  return { items, nextSince: Number(rows.at(-1)?.sequence ?? since) };
}

function instrumentOf({ instruments, simulatorId }: VenueInfo, symbol: string): Instrument {
  const instrument = instruments.get(symbol);
  if (!instrument) throw new Error(`Simulator ${simulatorId} does not trade ${symbol}.`);
  return instrument;
}
