/** Makes the records of a simulator, chained as the worker chains them, for tests. */
import { createHash } from 'node:crypto';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';

export interface Fill {
  quantityLots: number;
  priceTicks: number;
}

/** One trader, one symbol, orders that are accepted, filled or canceled; no risk, no book. */
export class RecordMaker {
  readonly simulatorId: string;
  readonly accountId: string;
  readonly records: EventRecord[] = [];
  /** Stream sequences, told by whoever stores the records. */
  sequence = 0;
  #executions = 0;
  #positionLots = 0;
  #costMicros = 0;

  constructor(simulatorId: string, accountId: string) {
    this.simulatorId = simulatorId;
    this.accountId = accountId;
  }

  start(): EventRecord {
    return this.add([
      {
        type: 'started',
        ...this.#common(),
        scenarioId: 'calm',
        scenarioHash: 'ab',
        seed: 1,
        symbols: ['ACME'],
        clock: this.#clock('running'),
        account: this.#account(),
      } as VenueEvent,
    ]);
  }

  clock(state: 'running' | 'paused' | 'stopped'): EventRecord {
    return this.add([
      { type: 'clockChanged', ...this.#common(), clock: this.#clock(state) } as VenueEvent,
    ]);
  }

  /** An order that is accepted and, lot by lot, filled in one record. */
  trade(orderId: string, fills: Fill[]): EventRecord {
    const asked = fills.reduce((lots, { quantityLots }) => lots + quantityLots, 0) + 1;
    const order = this.#order(orderId, asked);
    const events: VenueEvent[] = [
      { type: 'orderAccepted', ...this.#common(), order: { ...order } } as VenueEvent,
    ];
    for (const fill of fills) events.push(this.#fill(order, fill));
    events.push({
      type: 'positionChanged',
      ...this.#common(),
      position: {
        symbol: 'ACME',
        quantityLots: this.#positionLots,
        costMicros: this.#costMicros,
        realisedMicros: 0,
        feesMicros: 0,
      },
    } as VenueEvent);
    events.push({
      type: 'accountChanged',
      ...this.#common(),
      account: this.#account(),
    } as VenueEvent);
    return this.add(events);
  }

  cancel(orderId: string): EventRecord {
    const order = { ...this.#order(orderId, 1), status: 'canceled', leavesLots: 0 } as Order;
    return this.add([{ type: 'orderCanceled', ...this.#common(), order } as VenueEvent]);
  }

  add(events: VenueEvent[], type: EventRecord['type'] = 'turn'): EventRecord {
    const n = this.records.length + 1;
    const content = {
      version: 1,
      type,
      simulatorId: this.simulatorId,
      accountId: this.accountId,
      n,
      epoch: 1,
      worker: 'w-1',
      engineVersion: 'test',
      simNs: n * 1_000_000,
      wallAt: new Date(1_767_600_000_000 + n).toISOString(),
      commands: [],
      lastCommandSequence: 0,
      events,
      previousSequence: this.sequence,
      previousHash: this.records.at(-1)?.hash ?? GENESIS_HASH,
      stateHash: 'abcdef0123456789',
    };
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    const record = { ...content, hash } as unknown as EventRecord;
    this.records.push(record);
    return record;
  }

  #common() {
    return { atNs: (this.records.length + 1) * 1_000_000, causeId: null };
  }

  #clock(state: string) {
    return { state, speed: 2, anchorSimNs: 0, anchorWall: '2026-01-05T14:30:00.000Z' };
  }

  #account() {
    return {
      currency: 'USD',
      startingCashMicros: 100_000_000_000,
      cashMicros: 100_000_000_000 - this.#costMicros,
      reservedMicros: 0,
      realisedMicros: 0,
      feesMicros: 0,
    };
  }

  #order(orderId: string, quantityLots: number): Order {
    return {
      orderId,
      clientOrderId: `c-${orderId}`,
      symbol: 'ACME',
      side: 'buy',
      type: 'limit',
      timeInForce: 'gtc',
      postOnly: false,
      quantityLots,
      limitTicks: 10_500,
      filledLots: 0,
      leavesLots: quantityLots,
      notionalMicros: 0,
      feesMicros: 0,
      status: 'new',
      rejectReason: null,
      createdNs: 1,
      updatedNs: 1,
    } as Order;
  }

  #fill(order: Order, { quantityLots, priceTicks }: Fill): VenueEvent {
    const notionalMicros = quantityLots * priceTicks * 10_000;
    Object.assign(order, {
      filledLots: order.filledLots + quantityLots,
      leavesLots: order.leavesLots - quantityLots,
      notionalMicros: order.notionalMicros + notionalMicros,
      status: 'partiallyFilled',
    });
    this.#positionLots += quantityLots;
    this.#costMicros += notionalMicros;
    this.#executions += 1;
    return {
      type: 'orderFilled',
      ...this.#common(),
      order: { ...order },
      execution: {
        executionId: `${this.#executions}`,
        orderId: order.orderId,
        clientOrderId: order.clientOrderId,
        symbol: 'ACME',
        side: 'buy',
        priceTicks,
        quantityLots,
        notionalMicros,
        feeMicros: 0,
        realisedMicros: 0,
        liquidity: 'taker',
        atNs: 1,
      },
    } as VenueEvent;
  }
}
