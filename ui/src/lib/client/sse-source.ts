/**
 * One connection over sse.js. It only carries: reconnecting, resuming and judging frames belong to
 * the live stream, because sse.js retries for ever without backing off, takes the id of a frame that
 * was cut in half, and reports "open" before looking at the status.
 */
import { SSE } from 'sse.js';

export const STREAM_EVENTS = [
  'snapshot',
  'order',
  'execution',
  'account',
  'session',
  'gate',
  'lab',
  'book',
  'quote',
  'trade',
  'candle',
  'status',
  'heartbeat',
  'notice',
  'goaway',
] as const;
export type StreamEventType = (typeof STREAM_EVENTS)[number];

export interface SourceHandlers {
  /** It is our stream; events follow. */
  onOpen(): void;
  onEvent(type: StreamEventType, data: string, id: string | null): void;
  /**
   * Ended, refused or failed; called at most once. `status` is that of the refusal, 0 when nobody
   * of ours answered, 200 after a clean end; `body` is a problem document, if it was one.
   */
  onEnd(status: number, body: string): void;
}

export interface Source {
  close(): void;
  /** Characters that the browser keeps until the connection ends. */
  received(): number;
}

export interface Opening {
  token: string;
  /** Id of the last event that was applied; null asks for everything. */
  resume: string | null;
}

/** Opens one connection to one simulator. */
export type OpenSource = (opening: Opening, handlers: SourceHandlers) => Source;

interface SourceEvent {
  data?: unknown;
  id?: string | null;
  responseCode?: number;
  headers?: Record<string, string[]>;
  readyState?: number;
}

export const openSseSource =
  (url: string): OpenSource =>
  ({ token, resume }, handlers) => {
    const headers: Record<string, string> = {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    };
    if (resume) headers['last-event-id'] = resume;
    const sse = new SSE(url, {
      headers,
      start: false,
      method: 'GET',
      useLastEventId: false,
      autoReconnect: false,
    });
    let ended = false;
    const end = (status: number, body: string) => {
      if (ended) return;
      ended = true;
      handlers.onEnd(status, body);
    };
    const listen = (type: string, run: (event: SourceEvent) => void) =>
      sse.addEventListener(type, (event: unknown) => {
        if (!ended) run(event as SourceEvent);
      });
    listen('open', ({ responseCode, headers: answer }) => {
      if (responseCode !== 200) return;
      if (answer?.['content-type']?.[0]?.startsWith('text/event-stream')) handlers.onOpen();
      else {
        // A page of somebody in between.
        end(0, '');
        sse.close();
      }
    });
    for (const type of STREAM_EVENTS)
      listen(type, ({ data, id }) => handlers.onEvent(type, String(data ?? ''), id ?? null));
    listen('error', ({ responseCode, data }) => end(responseCode ?? 0, String(data ?? '')));
    listen('readystatechange', ({ readyState }) => {
      if (readyState === SSE.CLOSED) end(200, '');
    });
    sse.stream();
    return {
      close() {
        ended = true;
        sse.close();
      },
      received: () => sse.progress,
    };
  };
