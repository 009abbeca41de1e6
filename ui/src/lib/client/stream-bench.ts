/** A live stream with everything around it replaced, and a record of what it said. */
import type { NoticeFrame, SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { LinkState } from './link.ts';
import { LiveStream } from './live-stream.ts';
import type { DeltaEvent } from './record-assembler.ts';
import { FakeClock, FakeServer, settle } from './testing.ts';

export const id = (sequence: number) => `7f-${sequence}`;
export const snapshotAt = (n: number) => ({ n, sequence: n * 10 }) as unknown as SnapshotFrame;
export const deltaAt = (n: number, last = true) => ({ n, sequence: n * 10, last });
export const heartbeat = (headN: number, venue = 'live') => ({
  headN,
  headSequence: headN * 10,
  serverTime: '2026-01-05T14:30:00.000Z',
  venue,
});

export class StreamBench {
  readonly clock = new FakeClock();
  readonly server = new FakeServer();
  readonly states: LinkState[] = [];
  readonly records: number[] = [];
  readonly snapshots: number[] = [];
  readonly events: DeltaEvent['type'][] = [];
  readonly invalidated: string[] = [];
  readonly notices: NoticeFrame['kind'][] = [];
  readonly market: string[] = [];
  isOnline = true;
  network: (change: 'online' | 'offline' | 'visible') => void = () => {};
  token = async () => 'token-1';
  readonly stream = new LiveStream({
    openSource: this.server.open,
    accessToken: () => this.token(),
    invalidateToken: (value) => this.invalidated.push(value),
    sink: {
      onSnapshot: ({ n }) => this.snapshots.push(n),
      onRecord: (record) => {
        this.records.push(record[0]?.frame.n ?? -1);
        this.events.push(...record.map(({ type }) => type));
      },
      onMarket: ({ type }) => this.market.push(type),
      onGate: () => {},
      onLab: () => {},
      onNotice: ({ kind }) => this.notices.push(kind),
      onHeartbeat: () => {},
      onStatus: ({ state }) => this.states.push(state),
    },
    clock: this.clock,
    network: {
      isOnline: () => this.isOnline,
      watch: (onChange) => {
        this.network = onChange;
        return () => {};
      },
    },
    random: () => 0.5,
  });

  async goLive(n = 5): Promise<void> {
    this.stream.start();
    await settle();
    this.server.last.accept();
    this.server.last.send('snapshot', snapshotAt(n), id(n * 10));
  }

  sendRecord(n: number): void {
    this.server.last.send('order', deltaAt(n), id(n * 10));
  }

  /** What the newest connection asked to resume from. */
  get resumeId(): string | null {
    return this.server.last.opening.resume;
  }
}
