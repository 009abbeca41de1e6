/** What a stream is written to: an HTTP answer that does not end, or a WebSocket. */
import type { ServerResponse } from 'node:http';
import { RETRY } from './frame.ts';

export interface CarrierEvents {
  /** What was written has been taken, after a `write` that said false. */
  onDrain(): void;
  /** Once; whoever ended it. */
  onClose(): void;
}

export interface Carrier {
  /** @param events  Whole events, as server-sent. @returns false when its buffer is full. */
  write(events: Buffer): boolean;
  /** The last events, then an orderly end. */
  end(events: Buffer): void;
  /** Ends it without more ado: nothing of what is under way counts. */
  cut(): void;
}

export type OpenCarrier = (events: CarrierEvents) => Carrier;

/** Writes the head of the answer at once. */
export function httpCarrier(res: ServerResponse): OpenCarrier {
  return ({ onDrain, onClose }) => {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    });
    res.flushHeaders();
    res.socket?.setNoDelay(true);
    res.on('drain', onDrain);
    res.on('error', () => res.destroy());
    res.once('close', onClose);
    res.write(RETRY);
    return {
      write: (events) => res.write(events),
      end: (events) => res.end(events),
      cut: () => res.destroy(),
    };
  };
}
