/**
 * The two ways to a simulator's events: a stream of server-sent events, and a WebSocket. Both end in
 * frames of one shape, so one checker judges both.
 */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';
import type { RecordedFrame } from '../checker/history.ts';

/** Two heartbeats and a half. */
const SILENCE_MAX_MS = 12_000;
const MARKET_DATA = new Set(['book', 'quote', 'trade', 'candle', 'status']);
/** What a socket says besides the stream's events. */
const SOCKET_ONLY = new Set(['authenticated', 'answer', 'problem']);

export interface Attempt {
  /** Of the stream or socket, without a trailing slash: `http://…/api/v1/simulators/<id>`. */
  simulator: string;
  token: string;
  resumedFrom: string | null;
  /** Until the first sign that there is a stream at all. */
  openWithinMs: number;
  onOpen(): void;
  onFrame(frame: RecordedFrame): void;
}

/**
 * - `served`: it was open, and is over, however it ended.
 * - `refused`: there was an answer, and no stream.
 * - `silent`: nobody answered at all, as where something on the way lets no event stream through.
 */
export type Outcome = 'served' | 'refused' | 'silent';

export interface Channel {
  outcome: Promise<Outcome>;
  /** At once, without a good-bye. */
  abort(): void;
}

export type OpenChannel = (attempt: Attempt) => Channel;
export const CHANNELS = { sse: openStream, socket: openSocket } satisfies Record<
  string,
  OpenChannel
>;
export type ChannelName = keyof typeof CHANNELS;

function openStream(attempt: Attempt): Channel {
  const { simulator, token, resumedFrom, openWithinMs, onOpen, onFrame } = attempt;
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'text/event-stream',
    ...(resumedFrom && { 'last-event-id': resumedFrom }),
  };
  const asked = request(`${simulator}/stream`, { headers, agent: false });
  let isSilent = false;
  asked.setTimeout(openWithinMs, () => {
    isSilent = true;
    asked.destroy();
  });
  asked.on('error', () => resolve(isSilent ? 'silent' : 'refused'));
  asked.once('response', (answer) => {
    if (answer.statusCode !== 200) {
      answer.resume();
      resolve('refused');
      return;
    }
    asked.setTimeout(SILENCE_MAX_MS, () => asked.destroy());
    onOpen();
    void readStream(answer, onFrame).then(() => resolve('served'));
  });
  asked.end();
  return { outcome, abort: () => asked.destroy() };
}

/** Resolves at the end of the stream, however it ends. */
function readStream(
  answer: IncomingMessage,
  onFrame: (frame: RecordedFrame) => void,
): Promise<void> {
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const frame = frameOf(text.slice(0, end));
      text = text.slice(end + 2);
      if (frame) onFrame(frame);
    }
  });
  return new Promise((resolve) => {
    answer.on('error', () => resolve());
    answer.on('close', () => resolve());
  });
}

function openSocket(attempt: Attempt): Channel {
  const { simulator, token, resumedFrom, openWithinMs, onOpen, onFrame } = attempt;
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
  const socket = new WebSocket(`${simulator.replace(/^http/, 'ws')}/socket`, 'sandpit.v1');
  let isOpen = false;
  let wasHeard = false;
  let silence = setTimeout(() => socket.terminate(), openWithinMs);
  socket.on('open', () => {
    const resume = resumedFrom === null ? {} : { resume: resumedFrom };
    socket.send(JSON.stringify({ type: 'authenticate', token, ...resume }));
  });
  socket.on('unexpected-response', () => {
    wasHeard = true;
    socket.terminate();
  });
  socket.on('message', (data) => {
    wasHeard = true;
    const { event, id = null, data: body } = JSON.parse(String(data));
    if (event === 'authenticated' && !isOpen) {
      isOpen = true;
      clearTimeout(silence);
      silence = setTimeout(() => socket.terminate(), SILENCE_MAX_MS);
      onOpen();
    }
    if (isOpen && !SOCKET_ONLY.has(event)) onFrame(recorded(event, id, body));
    silence.refresh();
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    clearTimeout(silence);
    resolve(isOpen ? 'served' : wasHeard ? 'refused' : 'silent');
  });
  return { outcome, abort: () => socket.terminate() };
}

/** Null for what is no event. */
function frameOf(block: string): RecordedFrame | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  const text = fields.get('data');
  const event = fields.get('event') as RecordedFrame['event'] | undefined;
  if (text === undefined || !event) return null;
  return recorded(event, fields.get('id') ?? null, JSON.parse(text));
}

/** Market data is kept as its digest: there is much of it. */
function recorded(
  event: RecordedFrame['event'],
  id: string | null,
  data: RecordedFrame['data'],
): RecordedFrame {
  if (!MARKET_DATA.has(event)) return { event, id, data };
  const { symbol, sequence, epoch, ...content } = data;
  const digest = createHash('sha1').update(JSON.stringify(content)).digest('base64');
  return { event, id, data: { symbol, sequence, epoch, digest } };
}
