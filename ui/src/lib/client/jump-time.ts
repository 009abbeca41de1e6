/** A time of day as typed -> the next instant of simulated time at which the clock shows it. */

const TYPED = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const DAY_MS = 86_400_000;

/**
 * @param offsetMs  Of the clock that the trader reads from UTC.
 * @returns         ISO 8601 with milliseconds; null when the text is no time of day.
 */
export function jumpTime(text: string, nowMs: number, offsetMs = 0): string | null {
  const match = TYPED.exec(text.trim());
  if (!match) return null;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const shownMs = nowMs + offsetMs;
  const timeMs = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  const todayMs = Math.floor(shownMs / DAY_MS) * DAY_MS + timeMs;
  const wantedMs = todayMs > shownMs ? todayMs : todayMs + DAY_MS;
  return new Date(wantedMs - offsetMs).toISOString();
}
