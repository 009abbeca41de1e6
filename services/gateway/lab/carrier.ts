/**
 * A stream's way to its client with the faults of a lab in between. Without a lab it hands through.
 *
 *     open -> dead (half-open: it swallows what it is given, for good)
 */
import type { Carrier, OpenCarrier } from '../sse/carrier.ts';
import { CLEAR, type Conditions } from './conditions.ts';
import { DelayLine } from './delay-line.ts';

/** As much may be under way, like in the buffers of a connection; from there on the writer waits. */
const FULL_BYTES = 64 * 1024;

export interface FaultyLine {
  /** @param delayMs  Draws the delay of the next piece. */
  set(conditions: Conditions, delayMs: () => number): void;
  /** Nothing arrives any more, in silence. */
  die(): void;
  readonly isDead: boolean;
}

export interface FaultyCarrier {
  open: OpenCarrier;
  line: FaultyLine;
}

export function faultyCarrier(inner: OpenCarrier, now: () => number): FaultyCarrier {
  const line = new Line(now);
  return { open: (events) => line.open(inner, events), line };
}

class Line implements Carrier, FaultyLine {
  readonly #now: () => number;
  readonly #pipe = new DelayLine();
  #inner: Carrier | null = null;
  #onDrain: () => void = () => {};
  #conditions: Conditions = CLEAR;
  #delayMs: () => number = () => 0;
  #timer: NodeJS.Timeout | undefined;
  /** The writer was told to wait. */
  #isFull = false;
  /** The connection itself has taken all it was given. */
  #isDrained = true;
  #last: Buffer | null = null;
  isDead = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  open(inner: OpenCarrier, { onDrain, onClose }: Parameters<OpenCarrier>[0]): Carrier {
    this.#onDrain = onDrain;
    this.#inner = inner({
      onDrain: () => {
        this.#isDrained = true;
        this.#run();
      },
      onClose: () => {
        clearTimeout(this.#timer);
        this.#pipe.takeAll();
        onClose();
      },
    });
    return this;
  }

  set(conditions: Conditions, delayMs: () => number): void {
    this.#conditions = conditions;
    this.#delayMs = delayMs;
    if (conditions === CLEAR) this.#release(this.#pipe.takeAll());
    this.#run();
  }

  die(): void {
    this.isDead = true;
    this.#isDrained = true;
    this.#pipe.takeAll();
    this.#run();
  }

  write(events: Buffer): boolean {
    if (this.isDead) return true;
    const { delayMs, jitterMs, bytesPerSecond } = this.#conditions;
    if (this.#pipe.bytes === 0 && delayMs + jitterMs === 0 && bytesPerSecond === Infinity) {
      this.#release([events]);
    } else {
      this.#pipe.push(events, this.#now(), this.#delayMs(), bytesPerSecond);
      this.#wait();
    }
    this.#isFull = !this.#isDrained || this.#pipe.bytes > FULL_BYTES;
    return !this.#isFull;
  }

  end(events: Buffer): void {
    // Nobody at the other end of a dead connection learns that it has ended.
    if (this.isDead) this.cut();
    else if (this.#pipe.bytes === 0) this.#inner?.end(events);
    else this.#last = events;
  }

  cut(): void {
    this.#inner?.cut();
  }

  #run(): void {
    if (!this.isDead && this.#isDrained) this.#release(this.#pipe.take(this.#now()));
    this.#wait();
    if (this.#isFull && this.#isDrained && this.#pipe.bytes <= FULL_BYTES) {
      this.#isFull = false;
      this.#onDrain();
    }
    if (this.#last && this.#pipe.bytes === 0) this.#inner?.end(this.#last);
  }

  #release(pieces: Buffer[]): void {
    if (pieces.length === 0 || !this.#inner) return;
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    this.#isDrained = this.#inner.write(bytes);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { nextMs } = this.#pipe;
    if (nextMs === null || !this.#isDrained) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, nextMs - this.#now()));
  }
}
