/** What a live stream tells and needs: the words between the connection and the desk. */
import type {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  StatusFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import type {
  GateFrame,
  HeartbeatFrame,
  LabFrame,
  NoticeFrame,
  SnapshotFrame,
} from '@sandpit/schemas/stream.ts';
import type { ApiError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { DeltaEvent } from './record-assembler.ts';
import type { OpenSource } from './sse-source.ts';

export type LinkState =
  | 'connecting'
  | 'live'
  | 'stale'
  | 'recovering'
  | 'halted'
  | 'reconnecting'
  | 'offline'
  | 'ended';

export interface LinkStatus {
  state: LinkState;
  /** Failed attempts since the last event. */
  attempt: number;
  /** Why it ended; null otherwise. */
  error: ApiError | null;
}

export type MarketEvent =
  | { type: 'book'; frame: BookFrame }
  | { type: 'quote'; frame: QuoteFrame }
  | { type: 'trade'; frame: TradeFrame }
  | { type: 'candle'; frame: CandleFrame }
  | { type: 'status'; frame: StatusFrame };

/** Where the stream's content goes. Each call must leave the state consistent. */
export interface StreamSink {
  onSnapshot(frame: SnapshotFrame): void;
  onRecord(events: DeltaEvent[]): void;
  onMarket(event: MarketEvent): void;
  onGate(frame: GateFrame): void;
  onLab(frame: LabFrame): void;
  onNotice(frame: NoticeFrame): void;
  onHeartbeat(frame: HeartbeatFrame): void;
  onStatus(status: LinkStatus): void;
}

export interface Network {
  isOnline(): boolean;
  /** Calls back when the network or the page's visibility changes; the result stops it. */
  watch(onChange: (change: 'online' | 'offline' | 'visible') => void): () => void;
}

export interface LiveStreamOptions {
  openSource: OpenSource;
  accessToken(): Promise<string>;
  invalidateToken(token: string): void;
  sink: StreamSink;
  clock: Clock;
  network: Network;
  /** Uniform in [0, 1). */
  random(): number;
}
