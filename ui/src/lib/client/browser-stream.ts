/** The live stream of one simulator as a browser opens it: both transports, and what chooses. */
import { SOCKET_PROTOCOL } from '@sandpit/schemas/socket.ts';
import type { Api } from './api.ts';
import { browserNetwork } from './browser-network.ts';
import { browserClock } from './clock.ts';
import type { Commands } from './commands.ts';
import { type FallbackOptions, FallbackSource } from './fallback-source.ts';
import type { StreamSink } from './link.ts';
import { LiveStream } from './live-stream.ts';
import { canReach } from './reach.ts';
import { openSocketSource, type SocketLike } from './socket-source.ts';
import { openSseSource } from './sse-source.ts';

const STORED = 'sandpit.socketSince';

export interface BrowserStreamOptions {
  simulatorId: string;
  api: Api;
  sink: StreamSink;
  /** Gets the line of the WebSocket while there is one. */
  commands: Commands;
  onTransport: FallbackOptions['onTransport'];
}

export function browserStream(options: BrowserStreamOptions): LiveStream {
  const { simulatorId, api, sink, commands, onTransport } = options;
  const base = `/api/v1/simulators/${simulatorId}`;
  const accessToken = () => api.accessToken();
  const fallback = new FallbackSource({
    open: {
      sse: openSseSource(`${base}/stream`),
      socket: openSocketSource({
        connect: browserSocket(`${base}/socket`),
        accessToken,
        clock: browserClock,
        onLine: (line) => {
          commands.line = line;
        },
      }),
    },
    clock: browserClock,
    canReach: () => canReach(api, simulatorId),
    memory: { load: socketSince, save: saveSocketSince },
    now: Date.now,
    onTransport,
  });
  return new LiveStream({
    openSource: fallback.open,
    accessToken,
    invalidateToken: (token) => api.invalidate(token),
    sink,
    clock: browserClock,
    network: browserNetwork,
    random: Math.random,
  });
}

function socketSince(): number | null {
  const sinceMs = Number(localStorage.getItem(STORED));
  return sinceMs > 0 ? sinceMs : null;
}

function saveSocketSince(sinceMs: number | null): void {
  if (sinceMs === null) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, `${sinceMs}`);
}

const browserSocket = (path: string) => (): SocketLike =>
  new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')), SOCKET_PROTOCOL) as SocketLike;
