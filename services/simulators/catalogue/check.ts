/** Whether a value is a scenario that a venue can run: its shape, and the rules between its fields. */
import type { ScenarioAccount } from '@sandpit/schemas/account.ts';
import { stepsOf } from '@sandpit/schemas/decimal.ts';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type {
  MarketModel,
  RecordedDepth,
  Recording,
  Scenario,
  ScenarioInstrument,
  ScenarioSummary,
} from '@sandpit/schemas/scenario.ts';
import type { ScriptEvent, SplitEvent } from '@sandpit/schemas/script.ts';
import { MICROS_PER_UNIT } from '@sandpit/schemas/units.ts';
import { scenarioHash } from './hash.ts';
import { isScenario, type Reason, shapeErrors } from './shape-errors.ts';

/** A scenario that cannot be used, with every reason. */
export class ScenarioError extends Error {
  readonly reasons: readonly string[];
  constructor(what: string, reasons: readonly string[]) {
    super(`${what} is not a usable scenario:\n${reasons.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ScenarioError';
    this.reasons = reasons;
  }
}

/**
 * The value as a scenario.
 *
 * @param what    Names the value in the error: a file name, a hash.
 * @param lineOf  The line of a place, where the value was read from a file; null = not known.
 * @throws ScenarioError
 */
export function checkedScenario(
  value: unknown,
  what: string,
  lineOf: (path: string) => number | null = () => null,
): Scenario {
  const fail = (reasons: readonly Reason[]) =>
    new ScenarioError(
      what,
      reasons.map(({ path, text }) => {
        const line = lineOf(path);
        return line === null ? text : `line ${line}: ${text}`;
      }),
    );
  if (!isScenario(value)) throw fail(shapeErrors(value));
  const reasons = brokenRules(value);
  if (reasons.length > 0) throw fail(reasons);
  return value;
}

function brokenRules(scenario: Scenario): Reason[] {
  const reasons: Reason[] = [];
  const symbols = scenario.instruments.map(({ instrument }) => instrument.symbol);
  if (new Set(symbols).size < symbols.length) {
    reasons.push({ path: '/instruments', text: 'a symbol occurs twice' });
  }
  scenario.instruments.forEach((item, i) => {
    for (const reason of brokenInstrument(item, scenario)) {
      const text = `${item.instrument.symbol}: ${reason}`;
      reasons.push({ path: `/instruments/${i}/instrument`, text });
    }
  });
  for (const text of brokenAccount(scenario.account)) reasons.push({ path: '/account', text });
  reasons.push(...brokenHeadlines(scenario), ...brokenExpectations(scenario));
  reasons.push(...brokenBaskets(scenario));
  reasons.push(...brokenScript(scenario), ...brokenHolidays(scenario));
  reasons.push(...brokenLab(scenario));
  const isReplay = scenario.instruments.some(({ recording }) => recording !== null);
  if (isReplay !== (scenario.kind === 'replay')) {
    const text = `kind is ${scenario.kind}, but ${isReplay ? 'a' : 'no'} recording is there`;
    reasons.push({ path: '/kind', text });
  }
  return reasons;
}

function brokenHolidays({ holidays = [] }: Scenario): Reason[] {
  return holidays.flatMap((date, i) => {
    const ms = Date.parse(`${date}T00:00:00.000Z`);
    // 30 February is read as 2 March.
    if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)) return [];
    return [{ path: `/holidays/${i}`, text: `"${date}" is no date; write it as 2026-12-25` }];
  });
}

/** Makers of a recorded price do not hear news. */
function brokenHeadlines({ script = [], instruments }: Scenario): Reason[] {
  return script.flatMap((event, i) => {
    if (event.type !== 'headline' || event.jumpBps === 0) return [];
    const where = `the script's headline at ${event.atSeconds} s`;
    const path = `/script/${i}`;
    const item = instruments.find(({ instrument }) => instrument.symbol === event.symbol);
    if (event.symbol === null) return [{ path, text: `${where} jumps, but names no symbol` }];
    if (!item?.recording) return [];
    return [{ path, text: `${where} jumps, but the price of ${event.symbol} is recorded` }];
  });
}

function brokenExpectations({ expect = [], instruments }: Scenario): Reason[] {
  const symbols = instruments.map(({ instrument }) => instrument.symbol);
  return expect.flatMap((each, i) => {
    const reasons: string[] = [];
    if (!symbols.includes(each.symbol)) {
      reasons.push(`expect/${i} is of ${each.symbol}, which is not traded here`);
    }
    if (each.type !== 'phase' && each.fromSeconds >= each.toSeconds) {
      reasons.push(`expect/${i} ends at ${each.toSeconds} s, not after ${each.fromSeconds} s`);
    }
    return reasons.map((text) => ({ path: `/expect/${i}`, text }));
  });
}

/** A fault must begin while the lab runs. */
function brokenLab({ lab }: Scenario): Reason[] {
  if (!lab) return [];
  return lab.faults.flatMap(({ type, fromSeconds = 0 }, i) => {
    if (fromSeconds < lab.seconds) return [];
    const text = `the lab's ${type} begins at ${fromSeconds} s, but the lab ends at ${lab.seconds} s`;
    return [{ path: `/lab/faults/${i}`, text }];
  });
}

function brokenFeeChange(name: string, account: ScenarioAccount | undefined, i: number): Reason[] {
  const known = knownSchedules(account);
  if (known.includes(name)) return [];
  const path = `/script/${i}/feeSchedule`;
  return [{ path, text: `${path} is "${name}", but must be one of ${known.join(', ')}` }];
}

const knownSchedules = ({ feeSchedules = [] }: ScenarioAccount = {}) =>
  [...feeSchedules, ...FEE_SCHEDULES].map(({ name }) => name);

function brokenAccount(account: ScenarioAccount = {}): string[] {
  const known = knownSchedules(account);
  const reasons: string[] = [];
  if (new Set(known).size < known.length) reasons.push('a name of a fee schedule occurs twice');
  if (account.feeSchedule !== undefined && !known.includes(account.feeSchedule)) {
    reasons.push(`account: "${account.feeSchedule}" is none of ${known.join(', ')}`);
  }
  return reasons;
}

function brokenScript({ script = [], instruments, account }: Scenario): Reason[] {
  return script.flatMap((event, i) => {
    if (event.type === 'feeChange') return brokenFeeChange(event.feeSchedule, account, i);
    if (event.symbol === null) return [];
    const what = `the script's ${event.type} at ${event.atSeconds} s`;
    const path = `/script/${i}`;
    const of = instruments.find(({ instrument }) => instrument.symbol === event.symbol);
    if (!of) return [{ path, text: `${what} is of ${event.symbol}, which is not traded here` }];
    if (event.type === 'split') {
      return brokenSplit(event, script, of.model).map((why) => ({ path, text: `${what} ${why}` }));
    }
    if (event.type !== 'dividend' || isWholeMicros(event.amount, of.instrument)) return [];
    return [{ path, text: `${what} is no whole number of millionths on a lot` }];
  });
}

/** Prices that leave the crowd some ticks to quote on, and the engine its whole numbers. */
const SPLIT_TICKS = { least: 10, most: 100_000_000 };

function brokenSplit(
  split: SplitEvent,
  script: readonly ScriptEvent[],
  { referenceTicks }: MarketModel,
): string[] {
  const isSame = (event: ScriptEvent) =>
    event.type === 'split' && event.symbol === split.symbol && event.atSeconds === split.atSeconds;
  const reasons: string[] = [];
  if (split.newUnits === split.oldUnits) reasons.push('splits nothing');
  if (script.filter(isSame).length > 1) reasons.push('occurs twice');
  const ticks = script
    .filter((event) => event.type === 'split')
    .filter(({ symbol, atSeconds }) => symbol === split.symbol && atSeconds <= split.atSeconds)
    .reduce(
      (price, { newUnits, oldUnits }) => (price * oldUnits) / newUnits,
      referenceTicks as number,
    );
  if (ticks < SPLIT_TICKS.least || ticks > SPLIT_TICKS.most) {
    reasons.push(
      `takes the reference price to ${Math.round(ticks)} ticks, not ` +
        `${SPLIT_TICKS.least} to ${SPLIT_TICKS.most}`,
    );
  }
  return reasons;
}

/** Whether amount × lotSize × 10⁶ is a whole number. */
function isWholeMicros(amount: string, { lotSize }: Pick<Instrument, 'lotSize'>): boolean {
  const micros = stepsOf(amount, '0.000001');
  const nanoUnits = stepsOf(lotSize, '0.000000001');
  if (micros === null || nanoUnits === null) return false;
  return (BigInt(micros) * BigInt(nanoUnits)) % 1_000_000_000n === 0n;
}

function brokenInstrument({ instrument, recording }: ScenarioInstrument, scenario: Scenario) {
  const reasons: string[] = [];
  if (instrument.currency !== scenario.currency) {
    reasons.push(`its currency ${instrument.currency} is not the scenario's ${scenario.currency}`);
  }
  const micros = tickValueMicros(instrument.tickSize, instrument.lotSize);
  if (micros === null) {
    reasons.push('a tick on a lot is less than a millionth, or no whole number of them');
  } else if (micros !== instrument.tickValueMicros) {
    reasons.push(`tickValueMicros must be tickSize × lotSize × 10⁶ = ${micros}`);
  }
  if (recording) reasons.push(...brokenRecording(recording));
  return reasons;
}

/** Members must be listed before their basket: the order in which values are worked out. */
function brokenBaskets({ instruments }: Scenario): Reason[] {
  return instruments.flatMap(({ instrument, model, recording }, i) => {
    const members = model.basket?.members.map(({ symbol }) => symbol) ?? [];
    const before = new Set(instruments.slice(0, i).map((other) => other.instrument.symbol));
    const unknown = members.filter((symbol) => !before.has(symbol));
    const recorded = model.basket && recording ? ['a basket cannot be recorded as well'] : [];
    const own = new Set(members).size < members.length ? ['a member occurs twice'] : [];
    return [
      ...unknown.map((symbol) => `its basket holds ${symbol}, which is not listed before it`),
      ...own,
      ...recorded,
    ].map((reason) => ({
      path: `/instruments/${i}/model/basket`,
      text: `${instrument.symbol}: ${reason}`,
    }));
  });
}

function brokenRecording(recording: Recording): string[] {
  const { midHalfTicks, spreadTicks, trades, volumeLots, depth } = recording;
  const rows = midHalfTicks.length;
  const isEven = [spreadTicks, trades, volumeLots].every((column) => column.length === rows);
  return [
    ...(isEven ? [] : ['the columns of the recording differ in length']),
    ...(depth ? brokenDepth(depth) : []),
  ];
}

function brokenDepth({ withinTicks, bidLots, askLots }: RecordedDepth): string[] {
  const rises = (values: readonly number[], least: number) =>
    values.every((value, i) => i === 0 || value >= values[i - 1]! + least);
  const columns = [bidLots, askLots];
  const rows = bidLots[0]!.length;
  if (!rises(withinTicks, 1)) return ['the distances of the recorded depth do not rise'];
  if (columns.some((side) => side.length !== withinTicks.length)) {
    return [`the recorded depth needs a column for each of its ${withinTicks.length} distances`];
  }
  if (columns.flat().some((column) => column.length !== rows)) {
    return ['the columns of the recorded depth differ in length'];
  }
  const isSum = columns.every((side) =>
    side[0]!.every((_, row) =>
      rises(
        side.map((column) => column[row]!),
        0,
      ),
    ),
  );
  return isSum ? [] : ['further from the best price the recorded depth holds fewer lots'];
}

/** tickSize × lotSize × 10⁶; null when that is no whole number ≥ 1. */
export function tickValueMicros(tickSize: string, lotSize: string): number | null {
  const lotsPerUnit = stepsOf('1', lotSize);
  const ticksMicros = stepsOf(tickSize, '0.000001');
  // Lots larger than a unit are counted in units instead.
  const unitsPerLot = stepsOf(lotSize, '1');
  if (ticksMicros === null) return null;
  if (unitsPerLot !== null && unitsPerLot >= 1) return ticksMicros * unitsPerLot;
  if (lotsPerUnit === null || ticksMicros % lotsPerUnit !== 0) return null;
  const micros = ticksMicros / lotsPerUnit;
  return micros >= 1 && micros <= 1_000 * MICROS_PER_UNIT ? micros : null;
}

/** @param hash  Of the scenario, where it is known already. */
export function summaryOf(scenario: Scenario, hash = scenarioHash(scenario)): ScenarioSummary {
  const sources = scenario.instruments.flatMap(({ recording }) => recording?.source ?? []);
  return {
    id: scenario.id,
    title: scenario.title,
    description: scenario.description,
    kind: scenario.kind,
    currency: scenario.currency,
    opensAt: scenario.opensAt,
    symbols: scenario.instruments.map(({ instrument }) => instrument.symbol),
    hash,
    source: sources.length > 0 ? sources.join('; ') : null,
    accountType: scenario.account?.type ?? 'collateral',
    ...(scenario.riskTier && { riskTier: scenario.riskTier }),
    ...(scenario.account?.feeSchedule && { feeSchedule: scenario.account.feeSchedule }),
    ...(scenario.account?.feeSchedules && { feeSchedules: scenario.account.feeSchedules }),
  };
}
