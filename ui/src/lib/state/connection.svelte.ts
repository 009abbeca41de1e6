import type { ApiError } from '../client/api-error.ts';
import type { Transport } from '../client/fallback-source.ts';
import type { LinkState, LinkStatus } from '../client/link.ts';

export interface LinkText {
  label: string;
  detail: string;
}

export const LINK_TEXTS: Record<LinkState, LinkText> = {
  connecting: { label: 'Connecting', detail: 'Opening the stream of your venue.' },
  live: { label: 'Live', detail: 'Every event of your venue arrives as it happens.' },
  stale: { label: 'Stale', detail: 'Nothing heard for a while. Prices may be old.' },
  recovering: {
    label: 'Recovering',
    detail: 'Your venue moves to another worker. Nothing is lost.',
  },
  halted: { label: 'Halted', detail: 'The venue has been stopped by its operator.' },
  reconnecting: {
    label: 'Reconnecting',
    detail: 'The connection was lost; resuming where it stopped.',
  },
  offline: { label: 'Offline', detail: 'This device has no network.' },
  ended: { label: 'Closed', detail: 'Nothing more will come from this venue.' },
};

/** What carries the events; the second is shown, because it says something about the network. */
export const TRANSPORT_TEXTS: Record<Transport, LinkText> = {
  sse: { label: 'event stream', detail: 'Event streams get through again.' },
  socket: {
    label: 'WebSocket',
    detail: 'This network holds event streams back: events and orders now go over a WebSocket.',
  },
};

/** How the desk is connected, for badge, overlay and ticket. */
export class Connection {
  state = $state<LinkState>('connecting');
  transport = $state<Transport>('sse');
  attempt = $state(0);
  error = $state.raw<ApiError | null>(null);
  /** Since the last frame of any kind, refreshed every second. */
  feedAgeMs = $state<number | null>(null);
  /** When it became live after the last loss (monotonic ms); null while it is not. */
  liveSinceMs: number | null = null;
  /** Counts every time that it becomes live again: what was fetched before may have holes. */
  revivals = $state(0);

  /** Prices on the screen can be trusted. */
  isLive = $derived(this.state === 'live');
  text = $derived(LINK_TEXTS[this.state]);

  apply({ state, attempt, error }: LinkStatus, nowMs: number): void {
    if (state === 'live' && this.state !== 'live') {
      this.liveSinceMs = nowMs;
      this.revivals += 1;
    } else if (state !== 'live') this.liveSinceMs = null;
    this.state = state;
    this.attempt = attempt;
    this.error = error;
  }
}
