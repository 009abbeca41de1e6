/**
 * The realism certificate of a session: it is run again, and the market that it was traded in, the
 * trader's own part of it included, is measured by the eighteen tests.
 */
import type { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import type { ScenarioInstrument } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { SECONDS_PER_DAY } from '../../market/parameters.ts';
import { measure, type Subject, subjectOf } from '../../market/realism/certificate.ts';
import type { DayRecord } from '../../market/realism/day-record.ts';
import type { Days } from '../../market/realism/days.ts';
import { extentOf } from '../../market/realism/needs.ts';
import { judgeSession, type SessionTest } from '../../market/realism/session-verdict.ts';
import { Stretches } from '../../market/realism/stretches.ts';
import { dayShape } from '../../market/realism/trade-measures.ts';
import { simText } from '../../venue/timestamps.ts';
import { Player } from '../player.ts';
import { isClockCommand, type SessionInput } from '../trace.ts';
import { plotsOf } from './plots.ts';
import { WatchedMarket } from './watched-market.ts';

/** How often the depth of the book is looked at. */
const DEPTH_SAMPLE_NS = 10 * NS_PER_SECOND;
/** Of a day that may be missing for it to count as whole. */
const MISSING_SHARE = 0.05;

/** @param opensAtMs  Of the scenario: simulated time 0. */
export function certificateOfSession(
  input: SessionInput,
  index: number,
  opensAtMs: number,
): SessionCertificate {
  const item = input.scenario.instruments[index]!;
  const watched = watchSession(input, index);
  const { days, sizeFactor } = onOneScale(watched.days, splitsOf(input, index));
  const plain = subjectOf(item);
  const subject = { ...plain, roundLot: Math.max(1, Math.round(plain.roundLot * sizeFactor)) };
  const extent = extentOf(days, wholeDays(days, item));
  const tests = judgeSession(measured(days, item, subject), extent, subject);
  const verdicts = new Map(
    tests.flatMap(({ parts }) => parts.map(({ part, verdict }) => [part.id, verdict] as const)),
  );
  return {
    simulatorId: input.simulatorId,
    symbol: item.instrument.symbol,
    tickClass: subject.tickClass,
    from: simText(opensAtMs, input.scenario.warmUpSeconds * NS_PER_SECOND),
    to: simText(opensAtMs, input.endNs),
    minutes: extent.minutes,
    marketOrders: extent.marketOrders,
    tapeHash: watched.tapeHash,
    tests: tests.map(testView),
    plots: plotsOf(days, verdicts),
  };
}

/** What was seen of one instrument, with the trader's orders in the market. */
export function watchSession(input: SessionInput, index: number): { days: Days; tapeHash: string } {
  const player = new Player(input.scenario, input);
  const { instrument, session } = input.scenario.instruments[index]!;
  // The activity of an equity without a session of its own follows a day all the same.
  const hasDays = instrument.kind === 'equity' && !session;
  const dayNs = hasDays ? SECONDS_PER_DAY.equity * NS_PER_SECOND : Number.POSITIVE_INFINITY;
  const fromNs = input.scenario.warmUpSeconds * NS_PER_SECOND;
  const partsNs = splitsOf(input, index).map(({ atNs }) => atNs);
  const stretches = new Stretches(input.endNs, dayNs, partsNs);
  const market = new WatchedMarket(player, index, fromNs, stretches);
  let sampledNs = fromNs;
  const runTo = (simNs: number) => {
    for (; sampledNs <= simNs && !player.venue.halted; sampledNs += DEPTH_SAMPLE_NS) {
      input.watch?.(sampledNs);
      player.advance(sampledNs);
      market.noteQuote();
      market.sampleDepth();
    }
    player.advance(simNs);
    market.noteQuote();
  };
  for (const step of input.steps) {
    if (step.simNs > input.endNs) break;
    runTo(step.simNs);
    const commands = step.commands.filter((command) => !isClockCommand(command));
    const { wallAt, switches } = step;
    player.execute({ wallAt, commands, ...(switches && { switches }) });
    market.noteQuote();
  }
  runTo(input.endNs);
  return { days: market.finish(), tapeHash: player.venue.tapeHash() };
}

interface Split {
  atNs: number;
  /** Lots of now for one of before. */
  sizeFactor: number;
}

function splitsOf({ scenario }: SessionInput, index: number): Split[] {
  const { symbol } = scenario.instruments[index]!.instrument;
  return (scenario.script ?? []).flatMap((event) =>
    event.type === 'split' && event.symbol === symbol
      ? [
          {
            atNs: event.atSeconds * NS_PER_SECOND,
            sizeFactor: event.newUnits / event.oldUnits,
          },
        ]
      : [],
  );
}

/** Ticks and lots of both sides of a split are not compared: the side with more of the session. */
function onOneScale(days: Days, splits: readonly Split[]): { days: Days; sizeFactor: number } {
  const scaleOf = (day: DayRecord) => splits.filter(({ atNs }) => atNs <= day.startNs).length;
  const secondsOn = (scale: number) =>
    days.reduce((sum, day) => sum + (scaleOf(day) === scale ? day.seconds : 0), 0);
  let longest = 0;
  for (let scale = 1; scale <= splits.length; scale++) {
    if (secondsOn(scale) > secondsOn(longest)) longest = scale;
  }
  const sizeFactor = splits
    .toSorted((a, b) => a.atNs - b.atNs)
    .slice(0, longest)
    .reduce((product, split) => product * split.sizeFactor, 1);
  return { days: days.filter((day) => scaleOf(day) === longest), sizeFactor };
}

/** All that the instrument's trading day holds; none where it has no days. */
function wholeDays(days: Days, { instrument, session }: ScenarioInstrument): Days {
  if (instrument.kind !== 'equity') return [];
  const length = session?.continuousSeconds ?? SECONDS_PER_DAY.equity;
  const isWhole = ({ seconds }: DayRecord) => seconds >= length * (1 - MISSING_SHARE);
  return days.filter(isWhole);
}

function measured(days: Days, item: ScenarioInstrument, subject: Subject) {
  if (days.length === 0) return new Map<string, number>();
  const values = new Map(measure(days, subject));
  const shape = dayShape(wholeDays(days, item));
  return values.set('R18.open', shape.open).set('R18.close', shape.close);
}

function testView({ test, verdict, parts }: SessionTest): SessionCertificate['tests'][number] {
  return {
    id: test.id,
    name: test.name,
    verdict,
    parts: parts.map(({ part, value, verdict: of, need }) => ({
      id: part.id,
      name: part.name,
      value: finite(value),
      low: finite(part.low),
      high: finite(part.high),
      verdict: of,
      need,
    })),
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
