/** The candle chart on lightweight-charts: colours from the theme, prices as numbers for drawing only. */

import type { Candle } from '@sandpit/schemas/market-data.ts';
import {
  type AutoscaleInfo,
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
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { ChartMark } from '#lib/client/chart-marks.ts';
import type { TimeZoneChoice } from '#lib/client/format.ts';
import type { PhaseMark } from '#lib/client/phase-marks.ts';

/** With more bars than these, all of them at once would be too thin to read. */
const MAX_FITTED_BARS = 110;

export interface ChartLine {
  price: number;
  title: string;
  kind: 'buy' | 'sell' | 'position' | 'band';
  /** Waits for the market to come there; nothing rests at it. */
  isTrigger?: boolean;
}

/** A bar under the pointer: Unix seconds. */
export type HoverListener = (time: number | null) => void;

/** The library knows only UTC; the trader's own time is put in by formatting. */
function timeFormats(zone: TimeZoneChoice) {
  const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {};
  const clock = new Intl.DateTimeFormat('en-GB', { ...timeZone, timeStyle: 'medium' });
  const minutes = new Intl.DateTimeFormat('en-GB', { ...timeZone, timeStyle: 'short' });
  const day = new Intl.DateTimeFormat('en-GB', { ...timeZone, day: 'numeric', month: 'short' });
  const dateOf = (time: Time) => new Date(Number(time) * 1_000);
  return {
    localization: {
      timeFormatter: (time: Time) => `${day.format(dateOf(time))} ${clock.format(dateOf(time))}`,
    },
    timeScale: {
      tickMarkFormatter: (time: Time, type: TickMarkType) => {
        if (type <= TickMarkType.DayOfMonth) return day.format(dateOf(time));
        return (Number(time) % 60 === 0 ? minutes : clock).format(dateOf(time));
      },
    },
  };
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
    warn: colour('--warn'),
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
      barSpacing: 8,
      maxBarSpacing: 18,
    },
    localization: { locale: 'en-GB' },
  });
  const priceFormat = { type: 'price', precision: decimals, minMove } as const;
  let linePrices: number[] = [];
  const candles = chart.addSeries(CandlestickSeries, {
    priceFormat,
    borderVisible: false,
    // Own orders near the bars stay in sight, but never at the price of bars too flat to read.
    autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
      const info = original();
      if (!info?.priceRange) return info;
      const { minValue, maxValue } = info.priceRange;
      const reach = (maxValue - minValue) * 0.4;
      const near = linePrices.filter((each) => each > minValue - reach && each < maxValue + reach);
      const priceRange = {
        minValue: Math.min(minValue, ...near),
        maxValue: Math.max(maxValue, ...near),
      };
      return { ...info, priceRange };
    },
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  const markers = createSeriesMarkers(candles, []);
  let lines: IPriceLine[] = [];
  // A primitive is told of every redraw: whatever is laid over the canvas moves along with it.
  const watchers = new Set<() => void>();
  candles.attachPrimitive({
    updateAllViews: () => {
      for (const watch of watchers) watch();
    },
  });

  const lineColours = () => ({
    buy: colours.up,
    sell: colours.down,
    position: colours.accent,
    band: colours.warn,
  });
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

  function applyPreferences(zone: TimeZoneChoice) {
    chart.applyOptions(timeFormats(zone));
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
  let isFitted = false;

  return {
    applyPreferences,
    setBars(bars: [number, Candle][]) {
      candles.setData(bars.map(barOf));
      volume.setData(bars.map(volumeOf));
      // A short past fills the width; a long one keeps its spacing and shows the newest.
      if (!isFitted && bars.length > 0 && bars.length < MAX_FITTED_BARS)
        chart.timeScale().fitContent();
      isFitted ||= bars.length > 0;
    },
    /** Later bars only; an older one is left to the next `setBars`. */
    update(bar: [number, Candle]) {
      candles.update(barOf(bar));
      volume.update(volumeOf(bar));
    },
    setLines(next: readonly ChartLine[]) {
      // Bands lie far from the market: the scale follows the market.
      linePrices = next.filter(({ kind }) => kind !== 'band').map(({ price }) => price);
      for (const line of lines) candles.removePriceLine(line);
      lines = next.map(({ price, title, kind, isTrigger }) =>
        candles.createPriceLine({
          price,
          // An order is named by its handle; the axis says the price.
          title: kind === 'position' || kind === 'band' ? title : '',
          color: lineColours()[kind],
          lineWidth: 1,
          lineStyle:
            kind === 'position'
              ? LineStyle.Solid
              : isTrigger || kind === 'band'
                ? LineStyle.SparseDotted
                : LineStyle.Dashed,
          axisLabelVisible: kind !== 'band',
        }),
      );
    },
    setMarks(marks: readonly ChartMark[], phases: readonly PhaseMark[] = []) {
      const fills = marks.map(
        ({ time, side, text }): SeriesMarker<Time> => ({
          time: time as UTCTimestamp,
          position: side === 'buy' ? 'belowBar' : 'aboveBar',
          shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
          color: side === 'buy' ? colours.up : colours.down,
          text,
          size: 1,
        }),
      );
      const changes = phases.map(
        ({ time, isHalt, text }): SeriesMarker<Time> => ({
          time: time as UTCTimestamp,
          position: 'aboveBar',
          shape: isHalt ? 'square' : 'circle',
          color: isHalt ? colours.warn : colours.muted,
          text,
          size: 0.6,
        }),
      );
      markers.setMarkers([...fills, ...changes].sort((a, b) => Number(a.time) - Number(b.time)));
    },
    /** Called after every redraw. The result stops it. */
    onRender(watch: () => void): () => void {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
    onHover(listener: HoverListener): void {
      chart.subscribeCrosshairMove(({ time, point }) =>
        listener(point && time !== undefined ? Number(time) : null),
      );
    },
    /** Pixels from the top; null when it is out of sight or there is no scale yet. */
    yOf(price: number): number | null {
      const y = candles.priceToCoordinate(price);
      return y !== null && y >= 0 && y <= chart.paneSize().height ? y : null;
    },
    priceAt(y: number): number | null {
      return candles.coordinateToPrice(y);
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
