/** A stream over a WebSocket, with the back-pressure of the connection under it. */
import { SOCKET_CLOSE } from '@sandpit/schemas/socket.ts';
import type { WebSocket } from 'ws';
import type { OpenCarrier } from '../sse/carrier.ts';
import { eventMessages } from './event-messages.ts';

/** More than this unsent counts as a full buffer. */
const FULL_BYTES = 64 * 1024;
/** A client that does not say good-bye is not waited for. */
const CLOSE_WITHIN_MS = 1_000;

export function socketCarrier(socket: WebSocket): OpenCarrier {
  return ({ onDrain, onClose }) => {
    let full = false;
    const taken = () => {
      if (!full || socket.bufferedAmount > 0) return;
      full = false;
      onDrain();
    };
    socket.once('close', onClose);
    const write = (events: Buffer): boolean => {
      for (const message of eventMessages(events)) socket.send(message, { binary: false }, taken);
      full ||= socket.bufferedAmount > FULL_BYTES;
      return !full;
    };
    return {
      write,
      end(events) {
        write(events);
        closeSocket(socket, SOCKET_CLOSE.goaway, 'goaway');
      },
      cut: () => socket.terminate(),
    };
  };
}

/** Ends it in order, whether or not the other side takes part. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS);
  socket.once('close', () => clearTimeout(timer));
}
