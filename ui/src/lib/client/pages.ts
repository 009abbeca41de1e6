/** Reads a list that comes in pages by the one cursor, as far as a limit. */
export interface Page<T> {
  items: T[];
  nextSince: number;
}

export const PAGE_ROWS = 500;

/**
 * @param fetchPage  Asks for the rows after `since`.
 * @param maxRows    Stops there, whatever is left.
 */
export async function allPages<T>(
  fetchPage: (since: number) => Promise<Page<T>>,
  maxRows: number,
): Promise<T[]> {
  const rows: T[] = [];
  let since = 0;
  while (rows.length < maxRows) {
    const { items, nextSince } = await fetchPage(since);
    rows.push(...items);
    // A cursor that stands still would be asked for ever.
    if (items.length < PAGE_ROWS || nextSince <= since) break;
    since = nextSince;
  }
  return rows.slice(0, maxRows);
}
