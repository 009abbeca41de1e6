/** Numbers over time -> the path of an SVG. A missing value leaves a gap. */

export interface Range {
  low: number;
  high: number;
}

/** Of all lines together, never empty, so that a flat line stands in the middle. */
export function rangeOf(lines: readonly (readonly (number | null)[])[]): Range {
  const values = lines.flatMap((line) => line.filter((value) => value !== null));
  if (values.length === 0) return { low: 0, high: 1 };
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? { low: low - 1, high: high + 1 } : { low, high };
}

/** @returns  `M`/`L` commands in a box of `width` × `height`, high values at the top. */
export function pathOf(
  line: readonly (number | null)[],
  { low, high }: Range,
  width: number,
  height: number,
): string {
  const step = line.length > 1 ? width / (line.length - 1) : 0;
  let isDown = false;
  const parts: string[] = [];
  line.forEach((value, i) => {
    if (value === null) {
      isDown = false;
      return;
    }
    const x = (i * step).toFixed(1);
    const y = (height - ((value - low) / (high - low)) * height).toFixed(1);
    parts.push(`${isDown ? 'L' : 'M'}${x} ${y}`);
    isDown = true;
  });
  return parts.join('');
}
