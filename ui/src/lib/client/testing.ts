/** Doubles for tests: time that only moves when told, and a stream that says what the test wants. */
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { Clock } from './clock.ts';
import type { Opening, OpenSource, SourceHandlers, StreamEventType } from './sse-source.ts';

export class FakeClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  nowMs = () => this.#nowMs;

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Milliseconds until the next timer, null without one. */
  get nextInMs(): number | null {
    const times = this.#timers.map(({ atMs }) => atMs - this.#nowMs);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Moves on, running what is due in order; promises settle between two timers. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const due = this.#timers
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = due.atMs;
      due.run();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** One connection as the server's side sees it. */
export class FakeConnection {
  readonly opening: Opening;
  isClosed = false;
  characters = 0;
  readonly #handlers: SourceHandlers;

  constructor(opening: Opening, handlers: SourceHandlers) {
    this.opening = opening;
    this.#handlers = handlers;
  }

  accept(): void {
    this.#handlers.onOpen();
  }

  send(type: StreamEventType, frame: unknown, id: string | null = null): void {
    this.sendRaw(type, JSON.stringify(frame), id);
  }

  sendRaw(type: StreamEventType, data: string, id: string | null = null): void {
    this.characters += data.length;
    this.#handlers.onEvent(type, data, id);
  }

  end(status = 200, body = ''): void {
    this.#handlers.onEnd(status, body);
  }
}

export class FakeServer {
  readonly connections: FakeConnection[] = [];

  readonly open: OpenSource = (opening, handlers) => {
    const connection = new FakeConnection(opening, handlers);
    this.connections.push(connection);
    return {
      close: () => {
        connection.isClosed = true;
      },
      received: () => connection.characters,
    };
  };

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('Nobody has connected.');
    return connection;
  }
}

export const ACME: InstrumentSummary = {
  symbol: 'ACME',
  name: 'Acme Industries',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 10_000,
  makerFeePpm: -20,
  takerFeePpm: 300,
  collarPpm: 100_000,
  shortable: true,
  referencePrice: '180.00',
};

export const BTC: InstrumentSummary = {
  ...ACME,
  symbol: 'BTC-USD',
  kind: 'crypto',
  tickSize: '0.1',
  lotSize: '0.0001',
  tickValueMicros: 10,
  maxOrderLots: 1_000_000,
  shortable: false,
};

export function quoteOf(bid: string | null, ask: string | null, last: string | null): QuoteFrame {
  return {
    symbol: 'ACME',
    sequence: 1,
    epoch: 1,
    at: '2026-01-05T14:30:00.000Z',
    bid,
    bidQuantity: bid && '100',
    ask,
    askQuantity: ask && '100',
    last,
    open: last,
    high: last,
    low: last,
    volume: '0',
  };
}

export function orderOf(change: Partial<OrderView> = {}): OrderView {
  return {
    orderId: '1',
    clientOrderId: 'c-1',
    symbol: 'ACME',
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    postOnly: false,
    quantity: '10',
    limitPrice: '179.95',
    status: 'new',
    filledQuantity: '0',
    leavesQuantity: '10',
    averagePrice: null,
    fees: '0.00',
    rejectReason: null,
    createdAt: '2026-01-05T14:30:00.000Z',
    updatedAt: '2026-01-05T14:30:00.000Z',
    sequence: 100,
    ...change,
  };
}
