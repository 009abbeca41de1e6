/** Starts simulators, turns their clocks, halts and reopens their instruments: row first, command second, answer from the record. */
import { randomInt } from 'node:crypto';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { ClockState, VenueEvent } from '@sandpit/schemas/event.ts';
import type { InstrumentPhase, Simulator } from '@sandpit/schemas/http.ts';
import type { ProblemCode } from '@sandpit/schemas/problem.ts';
import type { KillSwitch } from '@sandpit/schemas/risk.ts';
import type { Micros } from '@sandpit/schemas/units.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { engagedSwitches } from '../platform/kill-switches.ts';
import type { Outcome } from '../platform/outcomes.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { phaseView } from '../platform/views.ts';
import { type Admittance, admit, type Waking } from './admit.ts';
import { type ClockCommands, clockCommandId, NotStoredError } from './commands.ts';
import { type JumpBody, timeNotAhead } from './jump.ts';
import type { Quota } from './quota.ts';
import * as store from './store.ts';

/** A cold start builds the market's past first. */
const START_TIMEOUT_MS = 6_000;
const CLOCK_TIMEOUT_MS = 3_000;
/** One start per simulator: repeating it is the same command. */
const START_COMMAND_ID = 'start';

type Db = Parameters<typeof store.getOwned>[0];
type ClockBody =
  | Extract<CommandBody, { type: 'stop' | 'pause' | 'resume' | 'speed' | 'step' }>
  | JumpBody;

type HaltBody = Extract<CommandBody, { type: 'haltInstrument' | 'reopenInstrument' }>;

export interface Placement {
  /** Id of a new simulator, which decides which worker runs it. */
  newId(): Promise<string>;
  /** A seed whose market stands ready at the worker that will run this simulator; null = none. */
  preparedSeed(simulatorId: string, scenarioHash: string): Promise<number | null>;
}

export class SimulatorManager {
  readonly #db: Db;
  readonly #commands: ClockCommands;
  readonly #quota: Quota;
  readonly #placement: Placement;
  readonly #now: () => number;

  constructor(db: Db, commands: ClockCommands, quota: Quota, placement: Placement, now = Date.now) {
    this.#db = db;
    this.#commands = commands;
    this.#quota = quota;
    this.#placement = placement;
    this.#now = now;
  }

  /** @param waking  One that sleeps, and would run. */
  admit(waking: Waking): Promise<Admittance> {
    return admit(this.#db, waking, this.#quota, this.#now());
  }

  /** @throws problem `quotaExceeded`, `backlogFull`, `unavailable`, `outcomeUnknown` */
  async start(caller: Caller, plan: store.Plan): Promise<Simulator> {
    const id = await this.#placement.newId();
    const [seed, switches] = await Promise.all([
      plan.seed ?? this.#placement.preparedSeed(id, plan.scenarioHash),
      engagedSwitches(this.#db, caller.accountId),
    ]);
    const drawn = seed ?? randomInt(2 ** 32);
    const row = await store.reserve(this.#db, plan, drawn, this.#now(), this.#quota, id);
    const body = startBody(row, switches);
    const outcome = await this.#send(caller, row, START_COMMAND_ID, body, START_TIMEOUT_MS);
    if (!outcome.events.some(({ type }) => type === 'started')) {
      await store.markStopped(this.#db, row, this.#now());
      const detail = 'The simulator could not be started. Quote the correlation id to support.';
      throw problem('internalError', { detail });
    }
    await store.markStarted(this.#db, row);
    return { ...store.viewOf(row), state: 'running' };
  }

  /** The row of a fork. @throws problem `quotaExceeded` */
  async reserveFork(parent: store.SimulatorRow): Promise<store.SimulatorRow> {
    const id = await this.#placement.newId();
    return store.reserveFork(this.#db, parent, id, this.#now(), this.#quota);
  }

  /**
   * @param key  Makes a repeat the same command.
   * @throws problem `notFound`, `simulatorStopped`, `simulatorHalted`, `validationFailed` and those of `start`
   */
  async turn(caller: Caller, id: string, body: ClockBody, key?: string): Promise<Simulator> {
    const row = await store.getOwned(this.#db, caller.accountId, id);
    if (row.state === 'stopped') {
      if (body.type === 'stop') return store.viewOf(row);
      throw problem('simulatorStopped');
    }
    const commandId = clockCommandId(body.type, id, key);
    const outcome = await this.#send(caller, row, commandId, body, CLOCK_TIMEOUT_MS);
    const clock = clockAfter(outcome.events);
    if (!clock) return this.#refused(row, body, outcome);
    if (clock.state === 'stopped') await store.markStopped(this.#db, row, this.#now());
    const stoppedAt = clock.state === 'stopped' ? new Date(this.#now()).toISOString() : null;
    return { ...store.viewOf(row), state: clock.state, speed: clock.speed, stoppedAt };
  }

  /** @throws as `turn`, and problem `instrumentHalted`, `instrumentNotHalted`, `notFound` */
  async changeHalt(caller: Caller, venue: VenueInfo, body: HaltBody): Promise<InstrumentPhase> {
    const row = await store.getOwned(this.#db, caller.accountId, venue.simulatorId);
    if (row.state === 'stopped') throw problem('simulatorStopped');
    const commandId = `${body.type === 'haltInstrument' ? 'halt' : 'reopen'}-${newId()}`;
    const { events } = await this.#send(caller, row, commandId, body, CLOCK_TIMEOUT_MS);
    const changed = events.findLast((event) => event.type === 'phaseChanged');
    if (changed) return phaseView(changed, venue.opensAtMs);
    throw problem(haltProblem(events));
  }

  async #send(
    { accountId, token, correlationId }: Caller,
    row: store.SimulatorRow,
    commandId: string,
    body: CommandBody,
    timeoutMs: number,
  ): Promise<Outcome> {
    const ids = { accountId, simulatorId: row.id, commandId, correlationId };
    try {
      return await this.#commands.send({ ...ids, token, body, timeoutMs });
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
      if (body.type === 'start') await store.forget(this.#db, row);
      throw error.cause;
    }
  }

  /** The venue takes no clock commands: it has ended meanwhile, or a defect halts it. */
  async #refused(
    row: store.SimulatorRow,
    body: ClockBody,
    { events }: Outcome,
  ): Promise<Simulator> {
    const refused = events.find((event) => event.type === 'commandRefused');
    if (refused?.reason === 'timeNotAhead') throw timeNotAhead();
    if (refused?.reason === 'quotaExceeded') throw problem('quotaExceeded');
    if (refused?.reason !== 'simulatorHalted') throw problem('internalError');
    if (body.type !== 'stop') throw problem('simulatorHalted');
    // Only a venue that has ended refuses to end.
    await store.markStopped(this.#db, row, this.#now());
    return store.viewOf(await store.getOwned(this.#db, row.account_id, row.id));
  }
}

function haltProblem(events: readonly VenueEvent[]): ProblemCode {
  const reason = events.find((event) => event.type === 'commandRefused')?.reason;
  if (reason === 'unknownSymbol') return 'notFound';
  const isOwn =
    reason === 'quotaExceeded' ||
    reason === 'instrumentHalted' ||
    reason === 'instrumentNotHalted' ||
    reason === 'simulatorHalted';
  return isOwn ? reason : 'internalError';
}

function startBody(row: store.SimulatorRow, killSwitches: KillSwitch[]): CommandBody {
  return {
    type: 'start',
    sessionId: row.session_id,
    scenarioId: row.scenario_id,
    scenarioHash: row.scenario_hash,
    seed: Number(row.seed),
    startingCashMicros: Number(row.starting_cash_micros) as Micros,
    speed: row.speed,
    ...(row.account_terms && { account: row.account_terms }),
    riskTier: row.risk_tier,
    ...(killSwitches.length > 0 && { killSwitches }),
  };
}

function clockAfter(events: readonly VenueEvent[]): ClockState | null {
  const changed = events.findLast((event) => event.type === 'clockChanged');
  return changed?.clock ?? null;
}
