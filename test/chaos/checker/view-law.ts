/**
 * I10: what a client applied is the log from where it began: every record once, in order, whole, and
 * saying what the record says. A snapshot may stand in place of records, never go back behind them.
 */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import { emptyTraderState, foldRecord } from '../../../services/simulator/simulation/fold.ts';
import {
  type ClientRecording,
  type Connection,
  type Finding,
  placesOf,
  type RecordedFrame,
  type SimulatorHistory,
} from './history.ts';

/** A record as the log has it, in the words of a stream. */
interface Expected {
  /** Sequences; more than one after its log was restored. */
  places: readonly number[];
  orders: string;
  executions: string;
}
type Log = ReadonlyMap<number, Expected>;

export function checkViews(history: SimulatorHistory): Finding {
  const { clients, records } = history;
  const log = new Map(
    records.map((stored) => [
      stored.body.n,
      { places: placesOf(stored), ...linesOf(stored.body.events) },
    ]),
  );
  const open = openOrdersAt(history);
  const finding: Finding = { law: 'I10', checked: 0, what: 'events', breaches: [] };
  for (const recording of clients) {
    const view = new View(recording.client, log, open);
    for (const connection of recording.connections) view.follow(connection);
    view.end(recording);
    finding.checked += view.applied;
    finding.breaches.push(...view.faults);
  }
  return finding;
}

class View {
  readonly faults: string[] = [];
  /** Lossless events that were taken in. */
  applied = 0;
  readonly #client: string;
  readonly #log: Log;
  readonly #open: ReadonlyMap<number, string>;
  /** Last record that was applied whole. */
  #n = 0;
  #lastId: string | null = null;
  /** Frames of the record that is coming in. */
  #coming: RecordedFrame[] = [];

  constructor(client: string, log: Log, open: ReadonlyMap<number, string>) {
    this.#client = client;
    this.#log = log;
    this.#open = open;
  }

  follow({ resumedFrom, frames }: Connection): void {
    this.#coming = [];
    if (resumedFrom !== this.#lastId) {
      this.#fault(`resumed from ${resumedFrom}, having applied ${this.#lastId}`);
    }
    for (const frame of frames) {
      if (frame.id === null) continue;
      if (frame.event === 'snapshot') this.#snapshot(frame);
      else this.#record(frame);
    }
  }

  end({ shouldReach }: ClientRecording): void {
    if (this.#n < shouldReach) this.#fault(`saw ${this.#n} of ${shouldReach} records`);
  }

  #snapshot(frame: RecordedFrame): void {
    const { n, sequence, openOrders } = frame.data;
    if (n < this.#n) this.#fault(`was set back from record ${this.#n} to ${n}`);
    if (this.#coming.length > 0) this.#fault(`record ${this.#n + 1} was broken off by a snapshot`);
    if (!this.#log.get(n)?.places.includes(sequence)) {
      this.#fault(`snapshot of record ${n} claims sequence ${sequence}`);
    }
    const shown = openOrders.map((order: { orderId: string; status: string }) => lineOf(order));
    if (shown.sort().join() !== this.#open.get(n)) {
      this.#fault(`snapshot of record ${n} shows other open orders than the log`);
    }
    this.#coming = [];
    this.#move(n, frame);
  }

  #record(frame: RecordedFrame): void {
    const { n, last } = frame.data;
    const expected = this.#n + 1;
    this.applied += 1;
    if (n <= this.#n) {
      this.#fault(`was sent record ${n} again after ${this.#n}`);
      return;
    }
    if (n > expected) {
      this.#fault(`was sent record ${n} after ${this.#n}`);
      this.#coming = [];
      this.#n = n - 1;
    }
    this.#coming.push(frame);
    if (!last) return;
    this.#compare(n, frame);
    this.#coming = [];
    this.#move(n, frame);
  }

  #compare(n: number, { id, data }: RecordedFrame): void {
    const logged = this.#log.get(n);
    if (!logged) {
      this.#fault(`was sent record ${n}, which is not in the log`);
      return;
    }
    const place = logged.places.find((each) => each === data.sequence);
    if (place === undefined || !id?.endsWith(`-${place}`)) {
      this.#fault(`record ${n} came as ${id} and stands at ${logged.places.join(' or ')}`);
    }
    const shown = linesOfFrames(this.#coming);
    if (shown.orders !== logged.orders || shown.executions !== logged.executions) {
      this.#fault(
        `record ${n} says [${shown.orders}] [${shown.executions}], ` +
          `the log [${logged.orders}] [${logged.executions}]`,
      );
    }
  }

  #move(n: number, { id }: RecordedFrame): void {
    this.#n = n;
    this.#lastId = id;
  }

  #fault(text: string): void {
    this.faults.push(`${this.#client} ${text}`);
  }
}

const lineOf = ({ orderId, status }: { orderId: string; status: string }) => `${orderId} ${status}`;

function linesOf(events: readonly VenueEvent[]): Pick<Expected, 'orders' | 'executions'> {
  const orders = events.flatMap((event) => ('order' in event ? lineOf(event.order) : []));
  const executions = events.flatMap((event) =>
    event.type === 'orderFilled' ? event.execution.executionId : [],
  );
  return { orders: orders.join(), executions: executions.join() };
}

function linesOfFrames(frames: readonly RecordedFrame[]): Pick<Expected, 'orders' | 'executions'> {
  const orders = frames.flatMap(({ data }) => (data.order ? lineOf(data.order) : []));
  const executions = frames.flatMap(({ data }) => data.execution?.executionId ?? []);
  return { orders: orders.join(), executions: executions.join() };
}

/** Open orders after each record that some client was given a snapshot of. */
function openOrdersAt({ clients, records }: SimulatorHistory): Map<number, string> {
  const wanted = new Set(
    clients.flatMap(({ connections }) =>
      connections.flatMap(({ frames }) =>
        frames.flatMap(({ event, data }) => (event === 'snapshot' ? (data.n as number) : [])),
      ),
    ),
  );
  const open = new Map<number, string>();
  const state = emptyTraderState();
  for (const { body } of records) {
    foldRecord(state, body);
    if (!wanted.has(body.n)) continue;
    const orders = [...state.orders.values()].filter(
      ({ status }) => !TERMINAL_STATUSES.has(status),
    );
    open.set(body.n, orders.map(lineOf).sort().join());
  }
  return open;
}
