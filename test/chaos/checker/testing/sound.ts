/** A history in which all is well: the real engine's, with clients and rows as the product makes them. */
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { recordFrames } from '../../../../services/gateway/sse/record-frames.ts';
import { StepWriter } from '../../../../services/platform/capsule/write.ts';
import type { VenueInfo } from '../../../../services/platform/venues.ts';
import { orderView } from '../../../../services/platform/views.ts';
import { testScenario } from '../../../../services/simulator/market/testing/scenario.ts';
import { Player } from '../../../../services/simulator/rerun/player.ts';
import { replayStep } from '../../../../services/simulator/rerun/replay.ts';
import { realVenues } from '../../../../services/simulator/runtime/real-venues.ts';
import { ScenarioShelf } from '../../../../services/simulator/runtime/scenario-shelf.ts';
import { foldRecords } from '../../../../services/simulator/simulation/fold.ts';
import { CALM, simulate } from '../../../../services/simulator/simulation/simulate.ts';
import { ENGINE_VERSION } from '../../../../services/simulator/venue/create.ts';
import type {
  ArchiveRows,
  ClientRecording,
  OrderAnswer,
  RecordedFrame,
  SimulatorHistory,
  Stored,
  StoredSnapshot,
} from '../history.ts';

const INCARNATION = 'i1';
const SCENARIO_HASH = 'b'.repeat(64);
/** The client is cut off after this record, and comes back. */
const CUT_AFTER = 9;
const BEGINS_AT = 3;
const SNAPSHOT_AT = 12;

export async function soundHistory(seed = 5): Promise<SimulatorHistory> {
  const scenario: Scenario = { ...testScenario(), warmUpSeconds: 5 };
  const [first] = scenario.instruments;
  const { addresses, histories } = await simulate({
    seed,
    commands: 60,
    rates: { ...CALM, disturb: 0.1 },
    venues: () => realVenues(new ScenarioShelf(() => Promise.resolve(scenario))),
    workload: {
      symbols: [first!.instrument.symbol],
      aroundTicks: first!.model.referenceTicks,
      scenarioHash: SCENARIO_HASH,
    },
  });
  const at = histories.findIndex(({ records }) =>
    records.some(({ body }) => body.events.some(({ type }) => type === 'orderFilled')),
  );
  const { commands, unauthorised } = histories[at]!;
  // Stored messages decode when asked; here they are plain.
  const records = histories[at]!.records.map(({ sequence, body }) => ({ sequence, body }));
  const venue = venueOf(scenario);
  return {
    address: addresses[at]!,
    commands: commands.filter(({ sequence }) => !unauthorised.has(sequence)),
    heard: [],
    sent: new Set(),
    records,
    answers: answersOf(records, venue),
    clients: [clientOf(records, venue)],
    archive: archiveOf(records),
    scenario,
    snapshots: [venueSnapshot(scenario, addresses[at]!.simulatorId, records)],
    guard: { cause: 'disconnect', keepGtc: true, leftAtMs: null, graceMs: 10_000, latestMs: 0 },
  };
}

const venueOf = (scenario: Scenario) =>
  ({
    opensAtMs: Date.parse(scenario.opensAt),
    instruments: new Map(
      scenario.instruments.map(({ instrument }) => [instrument.symbol, instrument]),
    ),
  }) as unknown as VenueInfo;

/** Of each new order the answer that its record gives. */
function answersOf(
  records: readonly Stored<EventRecord>[],
  { instruments, opensAtMs }: VenueInfo,
): OrderAnswer[] {
  return records.flatMap(({ sequence, body }) => {
    const asked = body.commands.flatMap(({ command }) =>
      command.body.type === 'newOrder' ? command.body.ticket.clientOrderId : [],
    );
    return asked.flatMap((clientOrderId) => {
      const event = body.events.findLast(
        (each) => 'order' in each && each.order.clientOrderId === clientOrderId,
      );
      if (!event || !('order' in event)) return [];
      const instrument = instruments.get(event.order.symbol)!;
      return { clientOrderId, order: orderView(event.order, instrument, opensAtMs, sequence) };
    });
  });
}

function clientOf(records: readonly Stored<EventRecord>[], venue: VenueInfo): ClientRecording {
  const account = { account: null, positions: new Map() };
  const frames = records.map(({ sequence, body }) => {
    const { bytes } = recordFrames(body, sequence, `${INCARNATION}-${sequence}`, venue, account);
    return { n: body.n, frames: [...parse(bytes), quote(body)] };
  });
  const cutAt = records.find(({ body }) => body.n === CUT_AFTER)!.sequence;
  const between = (from: number, to: number) =>
    frames.filter(({ n }) => n > from && n <= to).flatMap((each) => each.frames);
  return {
    client: 'tab',
    shouldReach: records.at(-1)!.body.n,
    connections: [
      { resumedFrom: null, frames: [snapshot(records), ...between(BEGINS_AT, CUT_AFTER)] },
      {
        resumedFrom: `${INCARNATION}-${cutAt}`,
        frames: between(CUT_AFTER, Number.POSITIVE_INFINITY),
      },
    ],
  };
}

function snapshot(records: readonly Stored<EventRecord>[]): RecordedFrame {
  const upTo = records.filter(({ body }) => body.n <= BEGINS_AT);
  const { sequence, body } = upTo.at(-1)!;
  const { orders } = foldRecords(upTo.map((each) => each.body));
  const openOrders = [...orders.values()].filter(({ status }) => status === 'new');
  const data = { n: body.n, sequence, epoch: body.epoch, openOrders };
  return { event: 'snapshot', id: `${INCARNATION}-${sequence}`, data };
}

/** A frame of market data as the owner of that time would send one. */
const quote = ({ n, epoch }: EventRecord): RecordedFrame => ({
  event: 'quote',
  id: null,
  data: { symbol: 'SMALL', sequence: n, epoch, at: '2026-01-05T14:30:00.000Z', bid: `${n}` },
});

function parse(bytes: Buffer): RecordedFrame[] {
  const blocks = bytes.toString().trimEnd().split('\n\n');
  return blocks.map((block) => {
    const [event, id, data] = block.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
    return { event: event as RecordedFrame['event'], id: id!, data: JSON.parse(data!) };
  });
}

function archiveOf(records: readonly Stored<EventRecord>[]): ArchiveRows {
  const { body, sequence } = records.at(-1)!;
  const state = foldRecords(records.map((each) => each.body));
  return {
    shouldReach: body.n,
    head: { n: body.n, hash: body.hash, sequence, fault: null },
    records: records.map((each) => ({
      n: each.body.n,
      hash: each.body.hash,
      sequence: each.sequence,
    })),
    orders: [...state.orders.values()],
    executions: state.executions,
    positions: [...state.positions.values()],
    account: state.account,
  };
}

/** Of the venue in the middle of its log, as a worker makes one. */
function venueSnapshot(
  scenario: Scenario,
  simulatorId: string,
  records: readonly Stored<EventRecord>[],
): StoredSnapshot {
  const player = new Player(scenario, { simulatorId, scenarioHash: SCENARIO_HASH });
  const writer = new StepWriter(ENGINE_VERSION);
  for (const { body } of records) {
    if (body.n > SNAPSHOT_AT) break;
    const step = writer.step(body);
    if (step) replayStep(player, step);
  }
  const { venue } = player;
  return { n: SNAPSHOT_AT, stateHash: venue.stateHash(), state: venue.snapshot() };
}
