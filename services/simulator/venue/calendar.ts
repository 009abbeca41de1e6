/**
 * On which days of simulated time money settles: not on Saturdays and Sundays, and not on the holidays
 * of the scenario. Dates are UTC, as midnight is. The market does not ask: it trades by its session.
 */
import { NS_PER_MS } from '@sandpit/schemas/units.ts';
import { epochMs } from './timestamps.ts';

const MS_PER_DAY = 86_400_000;
/** 1970-01-01 was a Thursday; days of the week count from Sunday. */
const THURSDAY = 4;
const SUNDAY = 0;
const SATURDAY = 6;

export class Calendar {
  readonly #opensAtMs: number;
  /** Days since 1970. */
  readonly #holidays: ReadonlySet<number>;

  /** @param holidays  Dates, `2026-12-25`. */
  constructor(opensAtMs: number, holidays: readonly string[] = []) {
    this.#opensAtMs = opensAtMs;
    this.#holidays = new Set(holidays.map((date) => epochMs(`${date}T00:00:00.000Z`) / MS_PER_DAY));
  }

  /** Of the UTC day in which this simulated time lies. */
  isBusinessDay(simNs: number): boolean {
    const day = Math.floor((this.#opensAtMs + Math.floor(simNs / NS_PER_MS)) / MS_PER_DAY);
    const weekday = (day + THURSDAY) % 7;
    return weekday !== SATURDAY && weekday !== SUNDAY && !this.#holidays.has(day);
  }
}
