/** Tables as RFC 4180 text for spreadsheets. */

/** Spreadsheets run a cell that begins like a formula; numbers may keep their minus. */
const FORMULA = /^[=+@\t\r]|^-(?!\d)/;

function cell(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param columns  Names of the fields, in order; they are the header too. */
export function csvOf<T extends object>(
  rows: readonly T[],
  columns: readonly (keyof T & string)[],
): string {
  const line = (cells: readonly string[]) => `${cells.join(',')}\r\n`;
  const body = rows.map((row) =>
    line(columns.map((column) => cell(row[column] as string | number | boolean | null))),
  );
  return line(columns) + body.join('');
}
