/** Answers as text: a table for people, one line of JSON for programs. */
import { codeOf } from '../platform/errors.ts';
import { type Answer, OperatorError, type Row } from './command.ts';

const CELL_MAX = 60;

export function renderJson({ rows, notes = [] }: Answer): string {
  return JSON.stringify({ rows, notes });
}

/** Columns as wide as their widest cell; numbers to the right. */
export function renderTable({ rows, notes = [] }: Answer): string {
  const lines = rows.length > 0 ? tableLines(rows) : ['(none)'];
  return [...lines, ...notes].join('\n');
}

function tableLines(rows: readonly Row[]): string[] {
  const columns = Object.keys(rows[0]);
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((row) => row[i].length)),
  );
  const isNumber = columns.map((column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)];
}

function cellOf(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'number' ? String(value) : String(value).replaceAll(/\s+/g, ' ');
  return text.length > CELL_MAX ? `${text.slice(0, CELL_MAX - 1)}…` : text;
}

/** One line on what went wrong, one on what to do. Never a stack trace. */
export function renderError(error: unknown): string {
  const message = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return `error: ${message}\n hint: ${hintOf(error)}`;
}

function fieldsOf(error: unknown): string {
  const { errors = [] } = ((error as { data?: unknown }).data ?? {}) as {
    errors?: { path: string; message: string }[];
  };
  return errors.map(({ path, message }) => `${path} ${message}.`).join(' ');
}

function hintOf(error: unknown): string {
  if (error instanceof OperatorError) return error.hint;
  switch (codeOf(error)) {
    case 'notFound':
      return 'Check the id and the symbol; "simulators" lists the ids.';
    case 'unavailable':
      return 'Look at "status" for what is away, and repeat in a moment.';
    case 'validationFailed':
      return `${fieldsOf(error)} Symbols are in capitals, as in ACME.`;
    default:
      return 'The logs of the process have the cause.';
  }
}
