import { csvOf } from '@sandpit/schemas/csv.ts';
import { expect, test } from 'vitest';
import { allPages, PAGE_ROWS } from './pages.ts';

const server = (rows: number) => {
  const asked: number[] = [];
  const fetchPage = async (since: number) => {
    asked.push(since);
    const items = Array.from(
      { length: Math.min(PAGE_ROWS, rows - since) },
      (_, i) => since + i + 1,
    );
    return { items, nextSince: items.at(-1) ?? since };
  };
  return { asked, fetchPage };
};

test('reads page after page until a short one', async () => {
  const { asked, fetchPage } = server(1_200);
  expect(await allPages(fetchPage, 5_000)).toHaveLength(1_200);
  expect(asked).toEqual([0, 500, 1_000]);
});

test('stops at the limit, at an empty list, and at a cursor that stands still', async () => {
  expect(await allPages(server(9_000).fetchPage, 700)).toHaveLength(700);
  expect(await allPages(server(0).fetchPage, 700)).toEqual([]);
  const stuck = async () => ({ items: Array.from({ length: PAGE_ROWS }, () => 1), nextSince: 0 });
  expect(await allPages(stuck, 10_000)).toHaveLength(PAGE_ROWS);
});

test('CSV quotes what needs it and disarms formulas', () => {
  const rows = [
    { symbol: 'ACME', price: '-1.5', note: 'a "b", c' },
    { symbol: '=HYPERLINK("x")', price: '-cmd', note: null },
  ];
  expect(csvOf(rows, ['symbol', 'price', 'note'])).toBe(
    'symbol,price,note\r\nACME,-1.5,"a ""b"", c"\r\n"\'=HYPERLINK(""x"")",\'-cmd,\r\n',
  );
});
