/** The certificate as one HTML file with its charts drawn in. */
import { TESTS } from '../../services/simulator/market/realism/bands.ts';
import type { TestResult } from '../../services/simulator/market/realism/certificate.ts';
import {
  type Curves,
  RESPONSE_LAGS,
  RETURN_BIN,
  RETURN_EDGE,
} from '../../services/simulator/market/realism/curves.ts';
import { type Chart, escaped, svgOf } from './chart.ts';
import { gaugeOf } from './gauge.ts';
import type { Judged } from './realism.ts';
import { bandText, errorText, isGated, numberText, rangeText } from './report.ts';

const STYLE = `
:root{color-scheme:light dark;--c1:light-dark(#1863b5,#6fb1ff);--c2:light-dark(#b34700,#ffab6b);
--c3:light-dark(#5b6472,#9aa3b2);--line:light-dark(#e3e6eb,#2b313b);--page:light-dark(#fff,#12151a);
--ok:light-dark(#1a7f4b,#4cc38a);--okfill:light-dark(#d9f0e3,#173226);--badfill:light-dark(#fde3d2,#4a2a14)}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1320px;padding:0 1rem;background:var(--page)}
h1,h2{letter-spacing:-.01em}h2{margin:0}section{border-top:2px solid var(--line);padding-top:1.5rem;margin-top:2.5rem}
p{max-width:75ch}.sub{color:var(--c3);margin:.1rem 0 1rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(310px,1fr));gap:.8rem;margin:1rem 0}
.charts svg{width:100%;height:auto;border:1px solid var(--line);border-radius:6px}
svg text{fill:currentColor;font:11px system-ui,sans-serif}svg .title{font-weight:600;font-size:13px}
svg .grid{stroke:var(--line)}svg .k1{fill:var(--c1)}svg .k2{fill:var(--c2)}svg .k3{fill:var(--c3)}
table{border-collapse:collapse;width:100%}td,th{padding:.15rem .6rem;border-bottom:1px solid var(--line);text-align:left}
th{font-size:13px;color:var(--c3)}tr.more td:first-child{border-bottom-color:transparent}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.out{color:var(--c2);font-weight:600}.in{color:var(--ok)}
.gauge{width:150px;height:14px;display:block}.gauge .band{fill:var(--okfill)}.gauge .range{stroke:var(--c3);stroke-width:2}
.gauge .median{fill:var(--ok)}.gauge .bad{fill:var(--c2)}
.all{table-layout:fixed}.all td,.all th{text-align:center;padding:.3rem .1rem;border:2px solid var(--page)}
.all th:first-child{text-align:left;width:7.5rem}.all .in{background:var(--okfill)}.all .out{background:var(--badfill)}
.all .none{color:var(--c3)}.all thead th{font-weight:500}a{color:inherit}
summary{cursor:pointer;font-weight:600;margin:.5rem 0}`;

/** IBM, 7–11 October 2013, where the chart has a place for it. */
const IBM = {
  absoluteMemory: [
    [1, 0.142],
    [10, 0.099],
    [50, 0.053],
  ],
  signMemory: [
    [1, 0.363],
    [10, 0.052],
    [50, 0.01],
  ],
} as const;

export function pageOf(
  judged: readonly Judged[],
  { seeds, days }: { seeds: number; days: number },
) {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Realism of the market</title><style>${STYLE}</style></head><body>
<h1>Realism of the market</h1>
<p>${seeds} seeds × ${days} simulated days. A test is in its band when the median over the seeds is, and no seed is
outside of twice the band. Dots marked IBM are five recorded days of October 2013.</p>
${overview(judged)}
${judged.map(instrumentOf).join('\n')}
</body></html>
`;
}

/** Instruments down, tests across. */
function overview(judged: readonly Judged[]): string {
  const heads = TESTS.map(
    ({ id, name }) => `<th scope="col"><abbr title="${escaped(name)}">${id}</abbr></th>`,
  );
  const rows = judged.map(({ symbol, results }) => {
    const cells = TESTS.map(({ id }) => {
      const found = results.find(({ test }) => test.id === id);
      if (!found) return '<td class="none" title="not asked or not measured">–</td>';
      return found.isWithin ? '<td class="in">in</td>' : '<td class="out">out</td>';
    });
    const link = `<a href="#${escaped(symbol)}">${escaped(symbol)}</a>`;
    return `<tr><th scope="row">${link}</th>${cells.join('')}</tr>`;
  });
  return `<table class="all"><thead><tr><th scope="col">Instrument</th>${heads.join('')}</tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

function instrumentOf(judged: Judged): string {
  const { symbol, name, scenario, subject, results } = judged;
  const within = results.filter((result) => result.isWithin).length;
  return `<section id="${escaped(symbol)}"><h2>${escaped(symbol)}: ${within} of ${results.length} in band</h2>
<p class="sub">${escaped(name)}, ${subject.tickClass}-tick, scenario ${escaped(scenario)}.</p>
<div class="charts">${chartsOf(judged).map(svgOf).join('')}</div>
<details open><summary>Every statistic</summary>
<table><thead><tr><th>Test</th><th>Statistic</th><th class="n">Median</th><th class="n">Over seeds</th><th>Band</th><th>Where it stands</th><th></th></tr></thead>
<tbody>${results.map((result) => rowsOf(judged, result)).join('')}</tbody></table></details></section>`;
}

function rowsOf({ symbol, impact }: Judged, { test, parts }: TestResult): string {
  return parts
    .map((result, i) => {
      const { part, value, isWithin } = result;
      const head = i === 0 ? `${test.id} ${test.name}` : '';
      const verdict = isWithin ? 'in' : isGated(symbol, test.id) ? 'out' : 'out, not gated';
      const spread = errorText(part, impact) ?? rangeText(result);
      return `<tr class="${i < parts.length - 1 ? 'more' : ''}"><td>${escaped(head)}</td><td>${escaped(part.name)}</td>
<td class="n">${minus(numberText(value))}</td><td class="n">${minus(spread)}</td><td>${minus(escaped(bandText(part)))}</td>
<td>${gaugeOf(result)}</td><td class="${isWithin ? 'in' : 'out'}">${verdict}</td></tr>`;
    })
    .join('');
}

const minus = (text: string) => text.replace(/-(?=\d)/g, '−');

const byLag = (values: readonly number[]) => values.map((value, i) => [i + 1, value] as const);

function chartsOf(judged: Judged): Chart[] {
  const { curves } = judged;
  return [
    returnChart(curves),
    memoryChart(curves),
    signChart(curves),
    {
      title: 'Spread',
      x: 'ticks',
      y: 'share of time',
      fromZero: true,
      series: [
        {
          label: 'market',
          as: 'bars',
          colour: 1,
          points: curves.spread.map(({ ticks, share }) => [ticks, share] as const),
        },
      ],
    },
    impactChart(judged),
    {
      title: 'Volume through the day',
      x: 'half hour of the session',
      y: 'over its mean',
      fromZero: true,
      series: [{ label: 'market', as: 'bars', colour: 1, points: byLag(curves.volume) }],
    },
    {
      title: 'Response of the mid to a market order',
      x: 'orders later',
      y: 'ticks',
      logX: true,
      series: [
        {
          label: 'market',
          as: 'line',
          colour: 1,
          points: RESPONSE_LAGS.map((lag, i) => [lag, curves.response[i]!] as const),
        },
      ],
    },
    {
      title: 'Mean depth behind the best',
      x: 'ticks behind',
      y: 'over the deepest',
      fromZero: true,
      series: [
        {
          label: 'market',
          as: 'bars',
          colour: 1,
          points: curves.depth.map((lots, ticks) => [ticks, lots] as const),
        },
      ],
    },
  ];
}

function returnChart({ returns }: Curves): Chart {
  const middle = (i: number) => (i + 0.5) * RETURN_BIN - RETURN_EDGE;
  const normal = returns
    .map((_, i) => middle(i))
    .filter((z) => Math.abs(z) < 4.5)
    .map((z) => [z, Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)] as const);
  return {
    title: 'Mid returns over 10 s',
    x: 'deviations',
    y: 'density',
    logY: true,
    series: [
      {
        label: 'market',
        as: 'points',
        colour: 1,
        points: returns.map((density, i) => [middle(i), density] as const),
      },
      { label: 'normal', as: 'dashes', colour: 3, points: normal },
    ],
  };
}

const memoryChart = ({ returnMemory, absoluteMemory }: Curves): Chart => ({
  title: 'Autocorrelation of 10 s returns',
  x: 'lag × 10 s',
  y: 'correlation',
  series: [
    { label: 'absolute', as: 'line', colour: 1, points: byLag(absoluteMemory) },
    { label: 'signed', as: 'line', colour: 3, points: byLag(returnMemory) },
    { label: 'IBM, absolute', as: 'points', colour: 2, points: IBM.absoluteMemory },
  ],
});

const signChart = ({ signMemory }: Curves): Chart => ({
  title: 'Autocorrelation of market-order signs',
  x: 'lag in orders',
  y: 'correlation',
  logX: true,
  logY: true,
  series: [
    { label: 'market', as: 'line', colour: 1, points: byLag(signMemory) },
    { label: 'IBM', as: 'points', colour: 2, points: IBM.signMemory },
  ],
});

function impactChart({ impact }: Judged): Chart {
  const curve = impact?.curve ?? [];
  const percent = (of: (point: (typeof curve)[number]) => number) =>
    curve.map((point) => [100 * point.share, 1e4 * of(point)] as const);
  const first = curve[0];
  const root = (share: number) => (first ? first.peak * Math.sqrt(share / first.share) : 0);
  return {
    title: 'Impact of parent orders',
    x: '% of a day’s volume',
    y: 'basis points',
    logX: true,
    logY: true,
    legend: 'left',
    series: [
      { label: 'when done', as: 'points', colour: 1, points: percent(({ peak }) => peak) },
      { label: 'one execution later', as: 'points', colour: 2, points: percent((p) => p.after) },
      { label: 'square root', as: 'dashes', colour: 3, points: percent((p) => root(p.share)) },
    ],
  };
}
