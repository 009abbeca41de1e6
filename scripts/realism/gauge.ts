/** A strip that shows where a statistic stands in its band: the band, the seeds as a line, the median. */
import type { Part } from '../../services/simulator/market/realism/bands.ts';
import type { PartResult } from '../../services/simulator/market/realism/certificate.ts';

const WIDTH = 150;
const HEIGHT = 14;
/** A band with two ends lies between these shares of the strip; one with one end goes to the edge. */
const BAND = { from: 0.2, to: 0.8 } as const;

/**
 * Place of a value on the strip, 0 … 1. Evenly between two ends; beyond a single end the further the
 * closer together.
 */
export function placeOf({ low, high }: Part, value: number): number {
  const clamped = (place: number) => Math.max(0.02, Math.min(0.98, place));
  if (low === high) return value === low ? 0.5 : clamped(value < low ? 0 : 1);
  if (Number.isFinite(low) && Number.isFinite(high)) {
    return clamped(BAND.from + ((value - low) / (high - low)) * (BAND.to - BAND.from));
  }
  const end = Number.isFinite(low) ? low : high;
  const beyond = (Number.isFinite(low) ? 1 : -1) * ((value - end) / Math.max(0.1, Math.abs(end)));
  if (beyond < 0) return clamped(BAND.from * (1 + Math.max(-1, beyond)));
  return clamped(BAND.from + (1 - BAND.from) * (beyond / (1 + beyond)));
}

export function gaugeOf({ part, value, values, isWithin }: PartResult): string {
  const at = (place: number) => (place * WIDTH).toFixed(1);
  const isOpen = !Number.isFinite(part.low) || !Number.isFinite(part.high);
  const [from, to] = [BAND.from, isOpen ? 1 : BAND.to];
  const band = `<rect x="${at(from)}" y="2" width="${at(to - from)}" height="${HEIGHT - 4}" rx="2" class="band"/>`;
  const known = values.filter(Number.isFinite).map((each) => placeOf(part, each));
  const range =
    known.length > 1
      ? `<line x1="${at(Math.min(...known))}" x2="${at(Math.max(...known))}" y1="7" y2="7" class="range"/>`
      : '';
  const median = Number.isFinite(value)
    ? `<circle cx="${at(placeOf(part, value))}" cy="7" r="4" class="${isWithin ? 'median' : 'median bad'}"/>`
    : '';
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" class="gauge" aria-hidden="true">${band}${range}${median}</svg>`;
}
