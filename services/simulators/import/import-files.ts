/** Recordings on disk → scenarios in the catalogue. Everything is checked before anything is written. */
import type { Bucket } from '@sandpit/bus/bus.ts';
import type { Scenario, ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import { checkedScenario, summaryOf } from '../catalogue/check.ts';
import { scenarioHash } from '../catalogue/hash.ts';
import {
  currentHash,
  type Publication,
  publishScenario,
  ScenarioExistsError,
} from '../catalogue/store.ts';
import { binanceSession } from './formats/binance.ts';
import { type LeanFile, leanSession } from './formats/lean.ts';
import { ImportError } from './import-error.ts';
import { type RecordingFile, readRecordingFile } from './read-files.ts';
import type { FileReport } from './row-tally.ts';
import { type Naming, scenarioOf } from './scenario-of.ts';
import type { RecordedSession } from './session.ts';

const MAX_FILES = 64;

export interface ImportOptions extends Naming {
  /** Where to publish; null only checks. */
  bucket: Bucket | null;
  /** Whether another content under the same id may be replaced. */
  replace?: boolean;
}

export interface Imported {
  scenario: Scenario;
  summary: ScenarioSummary;
  publication: Publication | 'checked';
  reports: FileReport[];
}

/**
 * Imports recordings: one scenario per session, or one of all with an `id` of your own.
 *
 * @throws ImportError, ScenarioError, ScenarioExistsError before anything is written; BusError
 */
export async function importFiles(
  paths: readonly string[],
  { bucket, replace = false, ...naming }: ImportOptions,
): Promise<Imported[]> {
  if (paths.length === 0) throw new ImportError('No file was given.');
  if (paths.length > MAX_FILES) throw new ImportError(`At most ${MAX_FILES} files at once.`);
  const sessions = await readSessions(paths);
  const groups = naming.id === undefined ? sessions.map((one) => [one]) : [sessions];
  if (naming.title !== undefined && groups.length > 1) {
    throw new ImportError('--title names one scenario; these files make several. Add --id.');
  }
  const imports = groups.map((group) => {
    const scenario = scenarioOf(group, naming);
    checkedScenario(scenario, scenario.id);
    const reports = group.flatMap((session) => session.reports);
    return { scenario, summary: summaryOf(scenario), publication: 'checked' as const, reports };
  });
  if (bucket === null) return imports;
  if (!replace) await refuseTaken(bucket, imports);
  const published: Imported[] = [];
  for (const one of imports) {
    const { publication } = await publishScenario(bucket, one.scenario, { replace });
    published.push({ ...one, publication });
  }
  return published;
}

async function refuseTaken(bucket: Bucket, imports: readonly Imported[]): Promise<void> {
  for (const { scenario } of imports) {
    const hash = await currentHash(bucket, scenario.id);
    if (hash !== null && hash !== scenarioHash(scenario))
      throw new ScenarioExistsError(scenario.id);
  }
}

/** Sessions in order of time. */
async function readSessions(paths: readonly string[]): Promise<RecordedSession[]> {
  const sessions: RecordedSession[] = [];
  const lean: LeanFile[] = [];
  for (const path of new Set(paths)) {
    for (const recording of await readRecordingFile(path)) {
      if (recording.format === 'lean') lean.push(recording.lean);
      else sessions.push(await readBinance(recording));
    }
  }
  for (const [trades, quotes] of leanPairs(lean)) sessions.push(leanSession(trades, quotes));
  return sessions.sort((a, b) => a.startsAtMs - b.startsAtMs);
}

const readBinance = ({ file, lines }: Extract<RecordingFile, { format: 'binance' }>) =>
  binanceSession(file, lines());

/** Trade and quote file of each symbol and day. @throws ImportError when one is missing or double. */
function leanPairs(files: readonly LeanFile[]): [trades: LeanFile, quotes: LeanFile][] {
  const days = new Map<string, Partial<Record<LeanFile['kind'], LeanFile>>>();
  for (const file of files) {
    const key = `${file.symbol} ${file.date}`;
    const day = days.get(key) ?? {};
    if (day[file.kind]) {
      throw new ImportError(`${file.file}: a second file with the ${file.kind}s of ${key}.`);
    }
    days.set(key, { ...day, [file.kind]: file });
  }
  return [...days].map(([key, { trade, quote }]) => {
    if (trade && quote) return [trade, quote];
    const missing = trade ? 'quote' : 'trade';
    const date = key.slice(key.indexOf(' ') + 1);
    throw new ImportError(`${key}: the ${missing}s are missing. Add ${date}_${missing}.zip.`);
  });
}
