/** The candle chart on lightweight-charts: colours from the theme, prices as numbers for drawing only. */

import type { Candle } from '@sandpit/schemas/market-data.ts';
import {
  type CandlestickData,
  CandlestickSeries,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  type HistogramData,
  HistogramSeries,
  type IPriceLine,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';

export interface ChartLine {
  price: number;
  title: string;
  kind: 'buy' | 'sell' | 'position';
}

export interface ChartFill {
  /** Unix seconds of the bar. */
  time: number;
  side: 'buy' | 'sell';
  text: string;
}

function themeColours(element: HTMLElement) {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    up: colour('--up'),
    down: colour('--down'),
    upSoft: colour('--up-soft'),
    downSoft: colour('--down-soft'),
    line: colour('--line'),
    lineStrong: colour('--line-strong'),
    muted: colour('--muted'),
    ink: colour('--ink'),
    surface: colour('--surface'),
    accent: colour('--accent'),
    raised: colour('--raised'),
  };
}

export function drawChart(element: HTMLElement, decimals: number, minMove: number) {
  let colours = themeColours(element);
  const chart = createChart(element, {
    autoSize: true,
    layout: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontSize: 11 },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.22 } },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: true,
      rightOffset: 6,
      barSpacing: 7,
    },
    localization: { locale: 'en-GB' },
  });
  const priceFormat = { type: 'price', precision: decimals, minMove } as const;
  const candles = chart.addSeries(CandlestickSeries, { priceFormat, borderVisible: false });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  const markers = createSeriesMarkers(candles, []);
  let lines: IPriceLine[] = [];

  const barOf = ([time, { open, high, low, close }]: [number, Candle]): CandlestickData => ({
    time: time as UTCTimestamp,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
  });
  const volumeOf = ([time, candle]: [number, Candle]): HistogramData => ({
    time: time as UTCTimestamp,
    value: Number(candle.volume),
    color: Number(candle.close) >= Number(candle.open) ? colours.upSoft : colours.downSoft,
  });

  function applyTheme() {
    colours = themeColours(element);
    chart.applyOptions({
      layout: { background: { color: colours.surface }, textColor: colours.muted },
      grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
      crosshair: {
        vertLine: { color: colours.lineStrong, labelBackgroundColor: colours.raised },
        horzLine: { color: colours.lineStrong, labelBackgroundColor: colours.raised },
      },
    });
    candles.applyOptions({
      upColor: colours.up,
      downColor: colours.down,
      wickUpColor: colours.up,
      wickDownColor: colours.down,
      priceLineColor: colours.muted,
    });
  }
  applyTheme();

  return {
    applyTheme,
    setBars(bars: [number, Candle][]) {
      candles.setData(bars.map(barOf));
      volume.setData(bars.map(volumeOf));
    },
    /** Later bars only; an older one is left to the next `setBars`. */
    update(bar: [number, Candle]) {
      candles.update(barOf(bar));
      volume.update(volumeOf(bar));
    },
    setLines(next: readonly ChartLine[]) {
      for (const line of lines) candles.removePriceLine(line);
      lines = next.map(({ price, title, kind }) =>
        candles.createPriceLine({
          price,
          title,
          color: kind === 'position' ? colours.accent : kind === 'buy' ? colours.up : colours.down,
          lineWidth: 1,
          lineStyle: kind === 'position' ? LineStyle.Solid : LineStyle.Dashed,
          axisLabelVisible: true,
        }),
      );
    },
    setFills(fills: readonly ChartFill[]) {
      const shapes = fills.map(
        ({ time, side, text }): SeriesMarker<Time> => ({
          time: time as UTCTimestamp,
          position: side === 'buy' ? 'belowBar' : 'aboveBar',
          shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
          color: side === 'buy' ? colours.up : colours.down,
          text,
          size: 1,
        }),
      );
      markers.setMarkers(shapes);
    },
    showLatest() {
      chart.timeScale().scrollToRealTime();
    },
    remove() {
      chart.remove();
    },
  };
}

export type ChartDrawing = ReturnType<typeof drawChart>;
