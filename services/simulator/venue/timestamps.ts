/**
 * ISO 8601 text from and to milliseconds since the epoch, in whole numbers: the venue has no `Date`,
 * so that nothing in it can ask what time it is.
 *
 * Source of the calendar arithmetic: Hinnant, chrono-Compatible Low-Level Date Algorithms,
 * `civil_from_days` and `days_from_civil`.
 */
import { NS_PER_MS } from '@sandpit/schemas/units.ts';

const MS_PER_DAY = 86_400_000;
const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/;

/** `2026-01-05T14:30:00.000Z`; years 1970 to 9999. */
export function isoText(epochMs: number): string {
  const days = Math.floor(epochMs / MS_PER_DAY);
  const ms = epochMs - days * MS_PER_DAY;
  const clock = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1_000) % 60,
  ];
  const time = clock.map((part) => digits(part, 2)).join(':');
  return `${dateText(days)}T${time}.${digits(ms % 1_000, 3)}Z`;
}

/** @throws RangeError when the text is not in that form. */
export function epochMs(text: string): number {
  const match = ISO.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a UTC time with milliseconds.`);
  const [year, month, day, hours, minutes, seconds, ms] = match.slice(1).map(Number);
  const time = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms;
  return daysFromCivil(year, month, day) * MS_PER_DAY + time;
}

/** Simulated time as a date. */
export const simText = (opensAtMs: number, simNs: number): string =>
  isoText(opensAtMs + Math.floor(simNs / NS_PER_MS));

/** The first UTC midnight after `simNs`, in simulated ns. */
export function nextMidnightNs(opensAtMs: number, simNs: number): number {
  const ms = opensAtMs + Math.floor(simNs / NS_PER_MS);
  return ((Math.floor(ms / MS_PER_DAY) + 1) * MS_PER_DAY - opensAtMs) * NS_PER_MS;
}

function dateText(daysSinceEpoch: number): string {
  const shifted = daysSinceEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const yearStart = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - yearStart;
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');
