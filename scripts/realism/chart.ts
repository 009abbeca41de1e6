/** Charts as SVG text: lines, points and bars on linear or logarithmic axes. */
export interface Series {
  label: string;
  points: readonly (readonly [x: number, y: number])[];
  as: 'line' | 'dashes' | 'points' | 'bars';
  /** Which of the page's colours. */
  colour: 1 | 2 | 3;
}

export interface Chart {
  title: string;
  x: string;
  y: string;
  series: readonly Series[];
  logX?: boolean;
  logY?: boolean;
  /** The y axis begins at 0. */
  fromZero?: boolean;
  /** Where the labels stand; right unless the lines end there. */
  legend?: 'left' | 'right';
}

const WIDTH = 420;
const HEIGHT = 250;
const EDGE = { left: 52, right: 12, top: 30, bottom: 40 } as const;
const TICKS = 5;

interface Axis {
  low: number;
  high: number;
  isLog: boolean;
  /** Value → pixels. */
  at(value: number): number;
}

export function svgOf(chart: Chart): string {
  const all = chart.series.flatMap(({ points }) => points);
  const shown = all.filter(
    ([x, y]) =>
      Number.isFinite(x) && Number.isFinite(y) && (!chart.logX || x > 0) && (!chart.logY || y > 0),
  );
  if (shown.length === 0) return empty(chart);
  const x = axisOf(
    [...shown.map(([value]) => value), ...barEnds(chart.series)],
    chart.logX ?? false,
    [EDGE.left, WIDTH - EDGE.right],
  );
  const heights = shown.map(([, value]) => value);
  const y = axisOf(chart.fromZero ? [0, ...heights] : heights, chart.logY ?? false, [
    HEIGHT - EDGE.bottom,
    EDGE.top,
  ]);
  const isShown = (point: readonly [number, number]) => shown.includes(point);
  const marks = chart.series.map((series) => marksOf(series, x, y, isShown)).join('');
  return frame(chart, `${gridOf(x, y)}${marks}${legendOf(chart)}`);
}

/** Half a bar beyond the first and the last one. */
function barEnds(series: readonly Series[]): number[] {
  return series.flatMap(({ as, points }) => {
    if (as !== 'bars' || points.length < 2) return [];
    const half = (points[1]![0] - points[0]![0]) / 2;
    return [points[0]![0] - half, points.at(-1)![0] + half];
  });
}

function axisOf(values: readonly number[], isLog: boolean, [from, to]: [number, number]): Axis {
  const scale = (value: number) => (isLog ? Math.log10(value) : value);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low === high) [low, high] = isLog ? [low / 2, high * 2] : [low - 1, high + 1];
  const share = (value: number) => (scale(value) - scale(low)) / (scale(high) - scale(low));
  return { low, high, isLog, at: (value) => from + share(value) * (to - from) };
}

function marksOf(
  { points, as, colour }: Series,
  x: Axis,
  y: Axis,
  isShown: (point: readonly [number, number]) => boolean,
): string {
  const places = points.filter(isShown).map(([a, b]) => [x.at(a), y.at(b)] as const);
  const stroke = `var(--c${colour})`;
  if (as === 'bars') return barsOf(places, y.at(Math.max(0, y.low)), stroke);
  if (as === 'points') {
    return places
      .map(([a, b]) => `<circle cx="${px(a)}" cy="${px(b)}" r="3.5" fill="${stroke}"/>`)
      .join('');
  }
  const path = places.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${px(a)} ${px(b)}`).join('');
  const dashes = as === 'dashes' ? ' stroke-dasharray="4 4"' : '';
  return `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="2"${dashes}/>`;
}

function barsOf(
  places: readonly (readonly [number, number])[],
  floor: number,
  fill: string,
): string {
  const gap = places.length > 1 ? places[1]![0] - places[0]![0] : 20;
  const width = Math.max(1, gap * 0.8);
  return places
    .map(([a, b]) => {
      const height = Math.abs(floor - b);
      const box = `x="${px(a - width / 2)}" y="${px(Math.min(b, floor))}" width="${px(width)}"`;
      return `<rect ${box} height="${px(height)}" fill="${fill}"/>`;
    })
    .join('');
}

function gridOf(x: Axis, y: Axis): string {
  const down = ticksOf(y).map((value) => {
    const at = px(y.at(value));
    return (
      `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${at}" y2="${at}" class="grid"/>` +
      `<text x="${EDGE.left - 6}" y="${at}" class="tick" text-anchor="end" dy=".35em">${label(value)}</text>`
    );
  });
  const across = ticksOf(x).map(
    (value) =>
      `<text x="${px(x.at(value))}" y="${HEIGHT - EDGE.bottom + 16}" class="tick" text-anchor="middle">${label(value)}</text>`,
  );
  return [...down, ...across].join('');
}

/** Round values on the axis: powers of ten on a logarithmic one, else 1, 2 or 5 of them apart. */
export function ticksOf({ low, high, isLog }: Pick<Axis, 'low' | 'high' | 'isLog'>): number[] {
  const ticks: number[] = [];
  if (isLog) {
    for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(high); power++) {
      ticks.push(10 ** power);
    }
    return ticks.length >= 2 ? ticks : [low, high];
  }
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((each) => each >= rough)!;
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  return ticks;
}

const px = (value: number) => value.toFixed(1);
const label = (value: number) => String(Number(value.toPrecision(3)));

function legendOf({ series, legend = 'right' }: Chart): string {
  const isLeft = legend === 'left';
  const [x, anchor] = isLeft ? [EDGE.left + 8, 'start'] : [WIDTH - EDGE.right - 4, 'end'];
  if (series.length < 2) return '';
  return series
    .map(({ label: text, colour }, i) => {
      const y = EDGE.top + 12 + i * 14;
      return `<text x="${x}" y="${y}" class="key k${colour}" text-anchor="${anchor}">${escaped(text)}</text>`;
    })
    .join('');
}

function frame({ title, x, y }: Chart, inside: string): string {
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">` +
    `<text x="${EDGE.left}" y="18" class="title">${escaped(title)}</text>${inside}` +
    `<text x="${WIDTH - EDGE.right}" y="${HEIGHT - 8}" class="tick" text-anchor="end">${escaped(x)}</text>` +
    `<text x="4" y="${HEIGHT - 8}" class="tick">${escaped(y)} ↑</text></svg>`
  );
}

const empty = (chart: Chart) =>
  frame(chart, `<text x="${WIDTH / 2}" y="${HEIGHT / 2}" class="tick">not measured</text>`);

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
