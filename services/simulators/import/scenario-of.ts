/** Recorded sessions → a scenario. */
import type { Recording, Scenario } from '@sandpit/schemas/scenario.ts';
import { calibrate } from './calibrate.ts';
import { ImportError } from './import-error.ts';
import type { SessionStatistics } from './sampler.ts';
import type { RecordedSession } from './session.ts';

const WARM_UP_SECONDS = 600;
/** Of a short recording, at most this share is over before the trader arrives. */
const WARM_UP_SHARE = 0.15;
const SECONDS_PER_DAY = { equity: 23_400, crypto: 86_400 } as const;
const MAX_ROWS = 200_000;

export interface Naming {
  id?: string | undefined;
  title?: string | undefined;
}

/**
 * One scenario from sessions of one instrument, in order of time. Several are laid end to end: the
 * nights between them are cut out, and the price jumps to where the next session opened.
 *
 * @throws ImportError
 */
export function scenarioOf(sessions: readonly RecordedSession[], naming: Naming = {}): Scenario {
  const ordered = [...sessions].sort((a, b) => a.startsAtMs - b.startsAtMs);
  const first = ordered[0]!;
  const symbols = new Set(ordered.map(({ instrument }) => instrument.symbol));
  if (symbols.size > 1) {
    throw new ImportError(
      `One scenario replays one instrument; these are ${[...symbols].join(', ')}.`,
    );
  }
  const recording = endToEnd(ordered);
  const statistics = pooled(ordered.map((session) => session.statistics));
  const { instrument } = first;
  const minutes = Math.round(statistics.seconds / 60);
  const reach = minutes >= 120 ? `${(minutes / 60).toFixed(1)} hours` : `${minutes} minutes`;
  const followers = recording.depth
    ? 'Prices, spreads, activity and the quoted depth'
    : 'Prices, spreads and activity';
  return {
    version: 1,
    id: naming.id ?? first.id,
    title: naming.title ?? titleOf(ordered),
    description:
      `${reach} of ${instrument.name}, from ${first.origin}. ${followers} follow ` +
      'the recording; the book is private and answers to your orders. After its end the market ' +
      'goes on by itself from the last price.',
    kind: 'replay',
    currency: instrument.currency,
    opensAt: new Date(first.startsAtMs).toISOString(),
    warmUpSeconds: Math.floor(Math.min(WARM_UP_SECONDS, statistics.seconds * WARM_UP_SHARE)),
    instruments: [
      {
        instrument,
        model: calibrate(recording, statistics, SECONDS_PER_DAY[instrument.kind]),
        recording,
      },
    ],
  };
}

function titleOf(ordered: readonly RecordedSession[]): string {
  const { title } = ordered[0]!;
  return ordered.length === 1 ? title : `${title} and ${ordered.length - 1} more`;
}

function endToEnd(sessions: readonly RecordedSession[]): Recording {
  const [first, ...others] = sessions.map(({ recording }) => recording);
  if (others.length === 0) return first!;
  const all = [first!, ...others];
  if (all.some(({ stepMs }) => stepMs !== first!.stepMs)) {
    throw new ImportError('These recordings have different time steps and cannot be joined.');
  }
  // The last row of a session is the moment at which the next one begins.
  const joined = (column: 'midHalfTicks' | 'spreadTicks' | 'trades' | 'volumeLots') =>
    all.flatMap((recording, i) =>
      i < all.length - 1 ? recording[column].slice(0, -1) : recording[column],
    );
  const midHalfTicks = joined('midHalfTicks');
  if (midHalfTicks.length > MAX_ROWS) {
    throw new ImportError(
      `Together that is ${midHalfTicks.length} steps; ${MAX_ROWS} is the most.`,
    );
  }
  return {
    source: `${first!.source.slice(0, 150)} and ${others.length} more`.slice(0, 200),
    stepMs: first!.stepMs,
    midHalfTicks,
    spreadTicks: joined('spreadTicks'),
    trades: joined('trades'),
    volumeLots: joined('volumeLots'),
  };
}

/** Sums of counts and, for means, averages weighted by time or by orders. */
function pooled(all: readonly SessionStatistics[]): SessionStatistics {
  const sum = (of: (s: SessionStatistics) => number) => all.reduce((n, s) => n + of(s), 0);
  const seconds = sum((s) => s.seconds);
  const marketOrders = sum((s) => s.marketOrders);
  return {
    ...all[0]!,
    seconds,
    marketOrders,
    quotes: sum((s) => s.quotes),
    meanDepthLots: sum((s) => s.meanDepthLots * s.seconds) / seconds,
    meanOrderLots:
      marketOrders > 0 ? sum((s) => s.meanOrderLots * s.marketOrders) / marketOrders : 1,
  };
}
