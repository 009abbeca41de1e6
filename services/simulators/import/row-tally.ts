/** Counts what became of the rows of one file: used, left out for a known reason, or bad. */
import { ImportError } from './import-error.ts';

/** Bad rows shown one by one; all are counted. */
const MAX_LISTED = 20;
/** A file with a larger share of bad rows is not what it seems to be. */
const MAX_BAD_SHARE = 0.05;
/** Of a bad row's text. */
const MAX_QUOTED_CHARACTERS = 80;

export interface FileReport {
  file: string;
  format: string;
  rows: number;
  used: number;
  /** Good rows that do not belong into a recording, by reason. */
  leftOut: Record<string, number>;
  bad: number;
  /** The first bad rows: `line 17: …`. */
  badLines: string[];
}

export class RowTally {
  readonly #report: FileReport;

  constructor(file: string, format: string) {
    this.#report = { file, format, rows: 0, used: 0, leftOut: {}, bad: 0, badLines: [] };
  }

  use(): void {
    this.#report.rows++;
    this.#report.used++;
  }

  leaveOut(reason: string): void {
    this.#report.rows++;
    this.#report.leftOut[reason] = (this.#report.leftOut[reason] ?? 0) + 1;
  }

  /** @param line  Counted from 1. */
  bad(line: number, reason: string, text: string): void {
    this.#report.rows++;
    this.#report.bad++;
    if (this.#report.badLines.length >= MAX_LISTED) return;
    const quoted =
      text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text;
    this.#report.badLines.push(`line ${line}: ${reason}: ${quoted}`);
  }

  /** @throws ImportError when more than one row in twenty is bad, or none could be used. */
  finish(): FileReport {
    const { file, rows, bad, used, badLines, leftOut } = this.#report;
    if (bad > rows * MAX_BAD_SHARE) {
      const share = ((100 * bad) / rows).toFixed(1);
      throw new ImportError(
        `${file}: ${bad} of ${rows} rows are bad (${share} %, more than 5 %). Nothing was imported.\n` +
          badLines.map((line) => `  ${line}`).join('\n'),
      );
    }
    if (used === 0) {
      const reasons = Object.entries(leftOut).map(([reason, count]) => `${count} ${reason}`);
      throw new ImportError(
        `${file}: none of its ${rows} rows can be used (${reasons.join(', ') || 'it is empty'}).`,
      );
    }
    return this.#report;
  }
}
