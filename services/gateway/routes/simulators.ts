import { FEE_SCHEDULE_OF_TIER, FEE_SCHEDULES, FeeScheduleList } from '@sandpit/schemas/fees.ts';
import {
  ClockView,
  ForkRequest,
  HaltRequest,
  InstrumentPhase,
  JumpRequest,
  Simulator,
  SimulatorRequest,
  SpeedRequest,
  StepRequest,
} from '@sandpit/schemas/http.ts';
import { InstrumentSummary, SimulatorInstrument } from '@sandpit/schemas/instrument.ts';
import { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import type { TSchema } from 'typebox';
import { venueDirectory } from '../../platform/venues.ts';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import {
  API,
  byId,
  bySymbol,
  forward,
  fromWorker,
  IdempotencyKey,
  idempotencyKeyOf,
  itemsOf,
  ownedVenue,
} from './shared.ts';

const tag = 'simulators';
const example: Simulator = {
  id: 'sim_01J8ZM',
  sessionId: 'ses_01J8ZK',
  scenario: 'synthetic-day',
  seed: 42,
  speed: 1,
  startingCash: '100000.00',
  currency: 'USD',
  accountType: 'collateral',
  feeSchedule: 'per-share',
  state: 'running',
  symbols: ['ACME', 'BTC-USD'],
  startedAt: '2026-01-05T14:30:00.000Z',
  stoppedAt: null,
};
const clockExample: ClockView = {
  state: 'running',
  simulatedAt: '2026-01-05T15:00:00.000Z',
  speed: 100,
  realSpeed: 62.5,
  lagging: true,
  lateMs: 12,
  seekingTo: null,
  tapeHash: '9d07bb7741d5fde1',
};
const splitExample: SimulatorInstrument = {
  symbol: 'ACME',
  name: 'Acme Corporation',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 100_000,
  makerFeePpm: 0,
  takerFeePpm: 100,
  collarPpm: 200_000,
  shortable: true,
  splits: [{ at: '2026-01-05T15:30:00.000Z', newUnits: 4, oldUnits: 1, priceFactor: 0.25 }],
};
const phaseExample: InstrumentPhase = {
  symbol: 'ACME',
  phase: 'halted',
  endsAt: null,
  haltReason: 'newsPending',
  auctionExtensions: 0,
};

const answer = { description: 'The simulator.', schema: Simulator, example };

const command = (verb: string, summary: string): Route => ({
  method: 'POST',
  path: `${API}/simulators/:id/${verb}`,
  operationId: `${verb}Simulator`,
  tag,
  summary,
  auth: 'trader',
  limit: 'write',
  pathSchema: byId,
  answers: { 200: answer },
  problems: ['simulatorStopped', 'simulatorHalted', 'backlogFull', 'outcomeUnknown'],
  run: changed(`simulators.${verb}`),
});

/** One that turns the clock: a repeat with the same key is the same turn. */
const turn = (verb: string, summary: string): Route => ({
  ...command(verb, summary),
  headers: IdempotencyKey,
  run: changed(`simulators.${verb}`, idempotencyKeyOf),
});

const camel = (name: string) =>
  name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** For whoever asks. */
const catalogue = (
  name: string,
  of: TSchema,
  about: Pick<Route, 'summary' | 'description'>,
  example?: unknown,
): Route => ({
  method: 'GET',
  path: `${API}/${name}`,
  operationId: `list${camel(`-${name}`)}`,
  tag: 'catalogue',
  ...about,
  auth: 'none',
  limit: 'read',
  answers: {
    200: { description: 'All of them.', schema: of, ...(example !== undefined && { example }) },
  },
  run: forward(`simulators.${camel(name)}`),
});

export const simulatorRoutes: Route[] = [
  catalogue('scenarios', itemsOf('ScenarioList', ScenarioSummary), {
    summary: 'Markets that can be started',
  }),
  catalogue('instruments', itemsOf('InstrumentList', InstrumentSummary), {
    summary: 'What they trade',
  }),
  catalogue(
    'fee-schedules',
    FeeScheduleList,
    {
      summary: 'What trading can cost',
      description:
        'The `feeSchedule` of a start is one of these names, or one of the `feeSchedules` that its ' +
        'scenario brings along. The venue’s fee is of each fill, by `maker` and `taker`; the ' +
        '`commission` is of each order over all its fills, at least its minimum and at most its cap. ' +
        'Rates are millionths of the notional (100 = one basis point), amounts are millionths of the ' +
        'currency, and null is what the instrument says, or no commission. A start that names no schedule ' +
        'gets its scenario’s, else that of its risk tier (`ofTiers`).',
    },
    {
      items: FEE_SCHEDULES.filter(({ name }) => name === 'per-share'),
      ofTiers: FEE_SCHEDULE_OF_TIER,
    },
  ),
  {
    method: 'POST',
    path: `${API}/simulators`,
    operationId: 'startSimulator',
    tag,
    summary: 'Start a private venue',
    description: 'The same scenario, seed and commands give the same market, trade for trade.',
    auth: 'trader',
    limit: 'write',
    body: SimulatorRequest,
    bodyExample: {
      sessionId: 'ses_01J8ZK',
      scenario: 'synthetic-day',
      seed: 42,
      speed: 1,
      accountType: 'cash',
      feeSchedule: 'per-share',
    },
    answers: { 201: { ...answer, description: 'Started; the market moves.' } },
    problems: ['quotaExceeded', 'sessionExpired', 'outcomeUnknown'],
    run: forward('simulators.start', 201),
  },
  {
    method: 'GET',
    path: `${API}/simulators`,
    operationId: 'listSimulators',
    tag,
    summary: 'My simulators, newest first',
    auth: 'trader',
    limit: 'read',
    answers: {
      200: { description: 'Mine.', schema: itemsOf('SimulatorList', Simulator) },
    },
    run: forward('simulators.list'),
  },
  {
    method: 'GET',
    path: `${API}/simulators/:id`,
    operationId: 'getSimulator',
    tag,
    summary: 'One simulator',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: { 200: answer },
    run: forward('simulators.get'),
  },
  {
    method: 'GET',
    path: `${API}/simulators/:id/instruments`,
    operationId: 'listSimulatorInstruments',
    tag,
    summary: 'What this simulator trades, and on which grids',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: {
      200: {
        description: 'Its own, with their stock splits so far.',
        schema: itemsOf('SimulatorInstrumentList', SimulatorInstrument),
        example: { items: [splitExample] },
      },
    },
    run: instruments,
  },
  turn('stop', 'Stop it for good; its history stays'),
  turn('pause', 'Hold the simulated clock'),
  turn('resume', 'Let the clock run again'),
  {
    ...command('hibernate', 'Put it away'),
    description:
      'As it happens by itself to one that nobody needs: its time stands, nothing of it runs, and it ' +
      'no longer counts against what you may run. Any request, order or stream that is opened wakes ' +
      'it, if you may run one more; one that is open already says that it was put away.',
    problems: ['simulatorStopped'],
  },
  {
    ...command('wake', 'Wake it after it was put away'),
    description:
      'Its time goes on from the nanosecond at which it stood. One that is awake stays so for longer. ' +
      'Any other request does the same; this one asks for nothing else.',
    problems: ['simulatorStopped', 'simulatorHalted'],
  },
  {
    ...turn('speed', 'Run faster or slower than real time'),
    body: SpeedRequest,
    bodyExample: { speed: 10 },
  },
  {
    ...turn('step', 'Run on by an event, a second or a minute, and stand still'),
    description:
      'Runs as fast as the machine can, whatever the speed, and leaves the venue paused. `event`: until ' +
      'something is entered, canceled or traded in any book. `clock` in the answer says where it ' +
      'has come to.',
    body: StepRequest,
    bodyExample: { unit: 'second', count: 5 },
  },
  {
    ...turn('jump', 'Run to a simulated time or the next own event, and stand still'),
    description:
      'Runs as fast as the machine can and leaves the venue paused; orders trade on the way. The ' +
      'answer comes when it is there, or after a second with the state `running`: then `clock` ' +
      'events of the stream, or GET `clock`, tell. `pause` or `resume` end a jump where it is.',
    body: JumpRequest,
    bodyExample: { to: '2026-01-05T15:00:00.000Z' },
    bodyExamples: { ownEvent: { nextOwnEvent: true, withinSeconds: 1_800 } },
  },
  {
    ...command('fork', 'A second simulator with the past of this one'),
    description:
      'Its log is copied up to a record, or to the moment before an order; from there on it is a ' +
      'simulator of its own, paused, and this one knows nothing of it. Also of a stopped one. Compare ' +
      'the two by their reports.',
    body: ForkRequest,
    bodyExample: { atSeq: 120 },
    bodyExamples: { withoutOrder: { beforeOrder: '17' }, now: {} },
    answers: { 201: { ...answer, description: 'The fork.' } },
    problems: ['quotaExceeded', 'backlogFull', 'outcomeUnknown'],
    run: forward('simulators.fork', 201),
  },
  {
    method: 'GET',
    path: `${API}/simulators/:id/clock`,
    operationId: 'getClock',
    tag,
    summary: 'Where its simulated clock stands, and whether it keeps up',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    answers: {
      200: { description: 'The clock.', schema: ClockView, example: clockExample },
    },
    problems: ['simulatorStopped', 'simulatorHalted'],
    run: async (call) => json(200, await fromWorker(call, 'simulator.clock')),
  },
  {
    ...ofInstrument(
      'halt',
      'Halt trading in an instrument',
      'Nothing trades until it is reopened. Limit orders wait for the reopening auction, stops wait ' +
        'for its price, cancels pass. A volatility halt may be replaced; another one must end first.',
    ),
    body: HaltRequest,
    bodyExample: { reason: 'newsPending', seconds: 300 },
  },
  ofInstrument(
    'reopen',
    'Reopen a halted instrument',
    'Begins its reopening auction, which shows an indicative price and volume and ends the halt.',
  ),
];

/** Instructors' use: what the scenario's script can do at its times, by hand. */
function ofInstrument(verb: 'halt' | 'reopen', summary: string, description: string): Route {
  return {
    method: 'POST',
    path: `${API}/simulators/:id/instruments/:symbol/${verb}`,
    operationId: `${verb}Instrument`,
    tag,
    summary,
    description,
    auth: 'trader',
    limit: 'write',
    pathSchema: bySymbol,
    answers: {
      200: { description: 'Its phase now.', schema: InstrumentPhase, example: phaseExample },
    },
    problems: [
      'simulatorStopped',
      'simulatorHalted',
      verb === 'halt' ? 'instrumentHalted' : 'instrumentNotHalted',
      'backlogFull',
      'outcomeUnknown',
    ],
    run: forward(`simulators.${verb}`),
  };
}

async function instruments(call: Call<never>): Promise<Answer> {
  const venue = await ownedVenue(call);
  if (venue.stopped) return json(200, { items: [...venue.instruments.values()] });
  return json(200, await fromWorker(call, 'simulator.instruments'));
}

/** After a command the directory of the doors must not answer from before it. */
function changed(action: string, more: (call: Call<never>) => object = () => ({})): Route['run'] {
  return async (call) => {
    const simulator = await ask<Simulator>(call, action, {
      ...call.path,
      ...(call.body as object),
      ...more(call),
    });
    venueDirectory(call.broker).forget(call.path.id);
    return json(200, simulator);
  };
}
