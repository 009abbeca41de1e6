/**
 * Stands in for a worker in tests of the doors: takes commands from the real COMMANDS, writes records
 * into the real EVENTS, and answers questions as a worker does. Its venue accepts every order and
 * never trades, so a test decides what happens, and when.
 */
import type { Bus, Stoppable } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { shardOf, subjects } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { PositionView } from '@sandpit/schemas/http.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { ServiceBroker } from 'moleculer';
import { problem } from '../../platform/errors.ts';
import { orderView } from '../../platform/views.ts';
import { ACME, OPENS_AT_MS, scenarioId } from './market.ts';

const HASH = '0'.repeat(64);
const encoder = new TextEncoder();

export interface SimulatorKey {
  simulatorId: string;
  accountId: string;
}

interface Venue extends SimulatorKey {
  n: number;
  sequence: number;
  epoch: number;
  orders: Map<string, Order>;
  outcomes: Map<string, { sequence: number; events: VenueEvent[] }>;
}

export class ScriptedWorker {
  readonly #broker: ServiceBroker;
  readonly #venues = new Map<string, Venue>();
  readonly #consumers: Stoppable[] = [];
  #renewal: NodeJS.Timeout | undefined;
  /** Commands that arrived, with their headers. */
  readonly received: { command: Command; token: string | undefined }[] = [];
  /** False: commands pile up, as while a worker is away. */
  answering = true;
  /** Simulators that somebody has asked to stay awake. */
  readonly woken: string[] = [];
  /** Why what was put away may not wake; null = it may. */
  refusal: string | null = null;
  /** What the trader holds, as far as anybody asks. */
  positions: PositionView[] = [];

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  get #bus(): Bus {
    return this.#broker.bus;
  }

  service() {
    const venueOf = ({ params }: { params: SimulatorKey }) => {
      const venue = this.#venues.get(params.simulatorId);
      if (!venue || !this.answering) throw problem('unavailable');
      return venue;
    };
    type Ctx = { params: SimulatorKey & { orderId: string; commandId: string } };
    return {
      name: 'simulator',
      actions: {
        snapshot: async (ctx: Ctx) => this.#snapshot(venueOf(ctx)),
        order: async (ctx: Ctx) => {
          const venue = venueOf(ctx);
          const order = venue.orders.get(ctx.params.orderId);
          if (!order) throw problem('notFound');
          return orderView(order, ACME, OPENS_AT_MS, venue.sequence);
        },
        orders: async (ctx: Ctx) => {
          const venue = venueOf(ctx);
          const items = [...venue.orders.values()].map((order) =>
            orderView(order, ACME, OPENS_AT_MS, venue.sequence),
          );
          return { items, nextSince: venue.sequence };
        },
        positions: async () => ({ items: this.positions }),
        attend: async () => ({ awake: this.refusal === null }),
        wake: async (ctx: Ctx) => {
          if (this.refusal) throw problem('quotaExceeded', { detail: this.refusal });
          this.woken.push(ctx.params.simulatorId);
          return { state: 'running' };
        },
        outcome: async (ctx: Ctx) => venueOf(ctx).outcomes.get(ctx.params.commandId) ?? null,
      },
    };
  }

  /** Takes the simulator over: its shard's lease, its commands. */
  async run(key: SimulatorKey, epoch = 1): Promise<void> {
    const venue: Venue = {
      ...key,
      n: 0,
      sequence: 0,
      epoch,
      orders: new Map(),
      outcomes: new Map(),
    };
    this.#venues.set(key.simulatorId, venue);
    await this.renewLease();
    const leases = await this.#bus.bucket('LEASES');
    const lease = { worker: this.#broker.nodeID, epoch };
    await leases.put(`shard.${shardOf(key.simulatorId)}`, encoder.encode(JSON.stringify(lease)));
    this.#renewal ??= setInterval(() => void this.renewLease().catch(() => undefined), 300);
    await this.append(key, [], { type: 'owner' });
    const consumer = await this.#bus.consume('COMMANDS', {
      durable: `s-${key.simulatorId}-${epoch}`,
      filter: subjects.commands(key),
      startSequence: 1,
      maxAckPending: 1,
      ackWaitMs: 10_000,
      inactiveMs: 60_000,
      disposable: true,
      onLost: () => {},
      onMessage: async (delivery) => {
        if (!this.answering) return delivery.retry(50);
        const command = delivery.body as Command;
        this.received.push({ command, token: delivery.headers[HEADERS.authorization] });
        await this.#execute(venue, command, delivery.sequence);
        delivery.ack();
      },
    });
    this.#consumers.push(consumer);
  }

  async renewLease(): Promise<void> {
    const leases = await this.#bus.bucket('LEASES');
    await leases.put(`worker.${this.#broker.nodeID}`, encoder.encode('{}'));
  }

  /** Stops renewing: to everyone else this worker is dead. */
  stopRenewing(): void {
    clearInterval(this.#renewal);
    this.#renewal = undefined;
  }

  /** Writes one record. @returns its sequence. */
  async append(
    key: SimulatorKey,
    events: VenueEvent[],
    extra: Partial<EventRecord> = {},
  ): Promise<number> {
    const venue = this.#venues.get(key.simulatorId);
    if (!venue) throw new Error(`Nobody runs ${key.simulatorId}.`);
    venue.n += 1;
    const record: EventRecord = {
      version: 1,
      type: 'turn',
      simulatorId: key.simulatorId,
      accountId: key.accountId,
      n: venue.n,
      epoch: venue.epoch,
      worker: this.#broker.nodeID,
      engineVersion: 'scripted',
      simNs: venue.n as EventRecord['simNs'],
      wallAt: new Date().toISOString(),
      commands: [],
      lastCommandSequence: 0,
      events,
      previousSequence: venue.sequence,
      previousHash: HASH,
      stateHash: HASH,
      hash: HASH,
      ...extra,
    };
    const { sequence } = await this.#bus.publish(subjects.event(key), record, {
      stream: 'EVENTS',
      after: venue.sequence,
    });
    venue.sequence = sequence;
    return sequence;
  }

  market(key: SimulatorKey, channel: 'book' | 'quote' | 'trade', frame: object): void {
    const { epoch } = this.#venues.get(key.simulatorId) as Venue;
    const body = encoder.encode(JSON.stringify({ ...frame, symbol: 'ACME', epoch }));
    this.#bus.announce(subjects.marketData(key, 'ACME', channel), body);
  }

  setEpoch(key: SimulatorKey, epoch: number): void {
    (this.#venues.get(key.simulatorId) as Venue).epoch = epoch;
  }

  async stop(): Promise<void> {
    this.stopRenewing();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
  }

  async #execute(venue: Venue, command: Command, commandSequence: number): Promise<void> {
    const { commandId } = command;
    if (venue.outcomes.has(commandId)) return;
    const events = this.#eventsOf(venue, command);
    const sequence = await this.append(venue, events, {
      commands: [{ sequence: commandSequence, command }],
    });
    venue.outcomes.set(commandId, { sequence, events });
  }

  #eventsOf(venue: Venue, { commandId, body }: Command): VenueEvent[] {
    const common = { atNs: venue.n, causeId: commandId } as Pick<VenueEvent, 'atNs' | 'causeId'>;
    const refused = (reason: string) =>
      ({ type: 'commandRefused', ...common, reason, orderId: null }) as VenueEvent;
    switch (body.type) {
      case 'newOrder': {
        const order = {
          ...body.ticket,
          orderId: `${venue.orders.size + 1}`,
          filledLots: 0,
          leavesLots: body.ticket.quantityLots,
          notionalMicros: 0,
          feesMicros: 0,
          status: 'new',
          rejectReason: null,
          createdNs: venue.n,
          updatedNs: venue.n,
        } as unknown as Order;
        venue.orders.set(order.orderId, order);
        return [{ type: 'orderAccepted', ...common, order }];
      }
      case 'cancelOrder': {
        const order = venue.orders.get(body.orderId);
        if (!order) return [refused('unknownOrder')];
        if (order.status === 'canceled') return [refused('tooLateToCancel')];
        const canceled: Order = { ...order, status: 'canceled', leavesLots: 0 };
        venue.orders.set(order.orderId, canceled);
        return [{ type: 'orderCanceled', ...common, order: canceled }];
      }
      default:
        return [refused('internalError')];
    }
  }

  #snapshot(venue: Venue): SnapshotFrame {
    const views = [...venue.orders.values()].map((order) =>
      orderView(order, ACME, OPENS_AT_MS, venue.sequence),
    );
    return {
      n: venue.n,
      sequence: venue.sequence,
      epoch: venue.epoch,
      simulator: { id: venue.simulatorId, scenario: scenarioId } as SnapshotFrame['simulator'],
      clock: { state: 'running', speed: 1 } as SnapshotFrame['clock'],
      simulatedAt: new Date(OPENS_AT_MS).toISOString(),
      instruments: [{ ...ACME, referencePrice: '180.00' }],
      account: {} as SnapshotFrame['account'],
      positions: [],
      openOrders: views.filter(({ status }) => status === 'new'),
      recentOrders: views,
      executions: [],
      quotes: [],
      books: [],
    };
  }
}
